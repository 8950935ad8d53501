"""Problems that several outputs are right for, and whose checker says which."""

from __future__ import annotations

import pytest

from pettingllms.judge import Judge
from pettingllms.problems.checkers import read_checker
from pettingllms.records import (
    Comparison,
    FunctionCase,
    FunctionTests,
    Outcome,
    StdioCase,
    StdioTests,
    Verdict,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUM = '''
def check(given, expected, got):
    """Any two numbers that add up."""
    a, b = map(int, got.split())
    return a + b == int(given)
'''
SUM_SCRIPT = """
import sys

def main():
    with open(sys.argv[1]) as asked, open(sys.argv[3]) as answered:
        total, words = int(asked.read()), answered.read().split()
    expected = open(sys.argv[2]).read()
    if len(words) != 2 or not expected:
        print(0)
        sys.exit(0)
    print(1 if sum(map(int, words)) == total else 0)

if __name__ == "__main__":
    main()
"""
SUM_SCORES = """
from pathlib import Path
from sys import argv
a, b = map(int, Path(argv[3]).read_text().split())
print(float(a + b == int(Path("input.txt").read_text())))
"""
CASES = (StdioCase("7\n", "3 4\n"), StdioCase("10\n", "5 5\n"))


async def judged(judge: Judge, code: str, checker: str, cases: tuple[StdioCase, ...]) -> Verdict:
    return await judge.judge(code, StdioTests(cases, checker=checker))


@pytest.mark.parametrize("checker", [SUM, SUM_SCRIPT, SUM_SCORES], ids=["own", "script", "score"])
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("n = int(input())\nprint(n - 1, 1)", Outcome.PASSED),
        ("n = int(input())\nprint(n)\nprint(0)", Outcome.PASSED),
        ("n = int(input())\nprint(n, 1)", Outcome.WRONG_ANSWER),
        ("print('seven')", Outcome.WRONG_ANSWER),
        ("pass", Outcome.WRONG_ANSWER),
        ("print(3, 4)", Outcome.WRONG_ANSWER),
        ("1 / 0", Outcome.ERROR),
    ],
)
async def test_the_checker_rules(judge: Judge, checker: str, code: str, outcome: Outcome) -> None:
    """Of either form: whatever it accepts has passed, whatever it trips over is wrong."""
    verdict = await judged(judge, code, checker, CASES)
    assert verdict.outcome is outcome
    assert verdict.tests_passed == (2 if outcome is Outcome.PASSED else code == "print(3, 4)")


SAYING = {
    "a remark": "return a + b == n, 'sum'",
    "a score by name": "return {'score': float(a + b == n), 'message': ''}",
    "a percentage": "return 100 if a + b == n else 50",
    "a word": "return 'accepted' if a + b == n else 'wrong'",
    "a print": "print('AC' if a + b == n else 'WA')",
    "nothing where it is wrong": "if a + b == n: return True",
    "an assertion": "assert a + b == n",
    "an exception": "if a + b != n: raise ValueError",
}
LEAVING = """
import sys
asked, _, answered = [open(name).read() for name in sys.argv[1:]]
numbers = [int(word) for word in answered.split()]
sys.exit(2 if len(numbers) != 2 else sum(numbers) != int(asked))
"""


@pytest.mark.parametrize("way", [*SAYING, "a status"])
async def test_however_a_checker_says_it(judge: Judge, way: str) -> None:
    """It is returned, printed, raised, or what it leaves with."""
    told = "def check(input, output, answer):\n    a, b = map(int, output.split())\n"
    told += "    n = int(input)\n"
    checker = read_checker(f"{told}    {SAYING[way]}" if way in SAYING else LEAVING, "checker")
    for code, outcome in (
        ("n = int(input())\nprint(n - 1, 1)", Outcome.PASSED),
        ("n = int(input())\nprint(n, 1)", Outcome.WRONG_ANSWER),
        ("print(7)", Outcome.WRONG_ANSWER),
    ):
        assert (await judged(judge, code, checker, CASES)).outcome is outcome


async def test_a_wrong_answer_is_shown_beside_the_expected_one(judge: Judge) -> None:
    """As one that was compared."""
    failure = (await judged(judge, "print(1, 1)", SUM, CASES)).failure
    assert failure is not None
    assert (failure.test, failure.expected, failure.got) == ("7\n", "3 4\n", "1 1\n")


@pytest.mark.parametrize(
    "checker",
    [
        "def check(given, expected, got): return missing",
        "def check(given, expected, got): return None",
        "def check(given, got): return True",
        "import nowhere",
        "import sys\nsys.argv",
        "import sys\nsys.argv\nprint('fine')",
        "import sys\nsys.argv\nif 0: print(1)\nsys.exit(0)",
        "def check(*case): return 50",
        "def check(*case): return 'perhaps'",
        "def check(*case):\n    while True: pass",
        "import os\ndef check(*case): os._exit(0)",
        "def check(*case): return 'x' * 10**9 * 10**3",
        "check = 5",
    ],
)
async def test_a_checker_that_cannot_say_leaves_it_unsure(judge: Judge, checker: str) -> None:
    """It is no fault of the answer, and no merit either."""
    verdict = await judged(judge, "print(3, 4)", checker, CASES[:1])
    assert verdict.outcome is Outcome.UNSURE
    assert not verdict.outcome.is_kept
    assert not verdict.outcome.is_repairable
    assert verdict.failure is not None
    assert "checker" in verdict.failure.error


async def test_a_checker_of_values(judge: Judge) -> None:
    """It sees the arguments and the value, as Python has them."""
    checker = """
def check(given, expected, got):
    (n,) = given
    return isinstance(got, tuple) and len(got) == len(expected) and sum(got) == n
"""
    tests = FunctionTests(
        "f", (FunctionCase((7,), [3, 4]), FunctionCase((9,), [4, 5])), checker=checker
    )
    for code, outcome in (
        ("def f(n): return n - 2, 2", Outcome.PASSED),
        ("def f(n): return [n - 2, 2]", Outcome.WRONG_ANSWER),
        ("def f(n): return object()", Outcome.WRONG_ANSWER),
        ("def f(n): return 3, 4", Outcome.WRONG_ANSWER),
    ):
        assert (await judge.judge(code, tests)).outcome is outcome, code


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.write(3, b'\\0\\0\\0\\x0f{\"value\": true}')\nprint(1, 1)",
        "open('input.txt', 'w').write('2')\nprint(1, 1)",
        "import sys\nsys.stdout.write('{\"value\": true}')",
        "class Yes:\n    def __eq__(self, other): return True\nprint(Yes())",
    ],
)
async def test_an_answer_cannot_speak_for_the_checker(judge: Judge, code: str) -> None:
    """They never share a process, a folder or a channel."""
    assert not (await judged(judge, code, SUM, CASES)).outcome.is_kept
    assert not (await judged(judge, code, SUM_SCRIPT, CASES)).outcome.is_kept


async def test_where_several_are_right_and_no_rule_tells_it_is_unsure(judge: Judge) -> None:
    """The expected one has passed; another is neither right nor wrong, and errors stay errors."""
    rules = Comparison(several_right=True)
    program = StdioTests((StdioCase("", "1 2\n"),), rules)
    function = FunctionTests("f", (FunctionCase((), [1, 2]),), rules)
    for code, outcome in (
        ("def f(): return [1, 2]\nprint(1, 2)", Outcome.PASSED),
        ("def f(): return [2, 1]\nprint(2, 1)", Outcome.UNSURE),
        ("def f(): raise ValueError\nf()", Outcome.ERROR),
    ):
        assert (await judge.judge(code, program)).outcome is outcome
        assert (await judge.judge(code.replace("\nf()", ""), function)).outcome is outcome
