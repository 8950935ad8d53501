"""Each kind of tests with each outcome, on both sandboxes."""

from __future__ import annotations

import pytest

from pettingllms.judge import Judge
from pettingllms.judge.assess import assess
from pettingllms.records import (
    AssertTests,
    Comparison,
    Completion,
    Failure,
    FinishReason,
    FunctionCase,
    FunctionTests,
    Outcome,
    Problem,
    StdioCase,
    StdioTests,
    Tests,
    Verdict,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOUBLE = FunctionTests("double", (FunctionCase((2,), 4), FunctionCase(([1],), [1, 1])))
SUM = StdioTests((StdioCase("1 2\n", "3\n"), StdioCase("4 5\n", "9\n")))
HUMANEVAL = AssertTests(
    "near",
    (
        "def check(candidate):\n"
        "    assert candidate([1.0, 2.0], 0.5) == False\n"
        "    for far in (2, 3):\n"
        "        assert candidate([1.0, 2.0], far), f'within {far}'\n",
        "check(near)",
    ),
    setup="from typing import List\n",
)
MBPP = AssertTests(
    "area",
    (
        "assert math.isclose(area(1), math.pi)",
        "assert set(area([1, 2])) == set((1, 4))",
        "try:\n    area('x')\n    assert False\nexcept ValueError:\n    assert True",
    ),
    setup="import math",
)

RIGHT: dict[str, tuple[str, Tests]] = {
    "function": ("def double(x): return x * 2", DOUBLE),
    "method": ("class Solution:\n    def double(self, x): return x * 2", DOUBLE),
    "program": ("print(sum(map(int, input().split())))", SUM),
    "program with a main": (
        "import sys\n"
        "def main():\n    print(sum(int(x) for x in sys.stdin.read().split()))\n"
        "if __name__ == '__main__':\n    main()\n    sys.exit()",
        SUM,
    ),
    "program in a thread": (
        "import threading\nthreading.stack_size(1 << 26)\n"
        "threading.Thread(target=lambda: print(sum(map(int, input().split())))).start()",
        SUM,
    ),
    "program that prints at exit": (
        "import atexit\natexit.register(lambda: print(sum(map(int, input().split()))))",
        SUM,
    ),
    "HumanEval": (
        "def near(xs: List[float], far: float) -> bool:\n"
        "    return any(abs(a - b) < far for a in xs for b in xs if a is not b)",
        HUMANEVAL,
    ),
    "MBPP": (
        "def area(r):\n"
        "    if isinstance(r, str): raise ValueError(r)\n"
        "    return (x * x for x in r) if isinstance(r, list) else math.pi * r * r",
        MBPP,
    ),
}


@pytest.mark.parametrize("name", RIGHT)
async def test_right_answers_pass(judge: Judge, name: str) -> None:
    """All tests are run, counted and passed; the verdict names its judge."""
    code, tests = RIGHT[name]
    verdict = await judge.judge(code, tests)
    assert verdict.failure is None
    assert verdict.outcome is Outcome.PASSED
    assert verdict.tests_passed == verdict.tests_total > 0
    assert verdict.judged_by == judge.name
    assert verdict.seconds > 0


WRONG: dict[str, tuple[str, Tests, int, Failure]] = {
    "function": (
        "def double(x): return x + x if isinstance(x, int) else (x, 'ü')",
        DOUBLE,
        1,
        Failure("double([1])", "[1, 1]", "([1], 'ü')"),
    ),
    "big number": (
        "def double(x): return 10 ** 30",
        DOUBLE,
        0,
        Failure("double(2)", "4", str(10**30)),
    ),
    "object": (
        "class Box: pass\ndef double(x): return Box()",
        DOUBLE,
        0,
        Failure("double(2)", "4", "<Box object>"),
    ),
    "program": (
        "a, b = map(int, input().split())\nprint(a + b if a < 3 else a * b)",
        SUM,
        1,
        Failure("4 5\n", "9\n", "20\n"),
    ),
    "HumanEval": (
        "def near(xs, far): return far > 2",
        HUMANEVAL,
        1,
        Failure(
            "assert candidate([1.0, 2.0], far), f'within {far}'",
            got="near([1.0, 2.0], 2) returned False",
            error="within 2",
        ),
    ),
    "MBPP": (
        "def area(r): return [1, 3] if isinstance(r, list) else math.pi * r * r",
        MBPP,
        1,
        Failure(
            "assert set(area([1, 2])) == set((1, 4))",
            expected="set((1, 4))",
            got="area([1, 2]) returned [1, 3]",
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_answers_say_what_was_wrong(judge: Judge, name: str) -> None:
    """The first failing test is shown with what it expected and what it got."""
    code, tests, passed, failure = WRONG[name]
    verdict = await judge.judge(code, tests)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.failure == failure
    assert verdict.tests_passed == passed < verdict.tests_total


KINDS: dict[str, tuple[str, Tests]] = {
    "function": ("def double(x):\n    {}", DOUBLE),
    "program": ("{}", SUM),
    "asserts": ("def near(xs, far):\n    {}", HUMANEVAL),
}


async def fate(judge: Judge, kind: str, statement: str) -> Verdict:
    template, tests = KINDS[kind]
    return await judge.judge(template.format(statement), tests)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_exception_is_an_error(judge: Judge, kind: str) -> None:
    """The failure carries the traceback of the answer's own lines, and of no others."""
    verdict = await fate(judge, kind, "raise KeyError('lost')")
    assert verdict.outcome is Outcome.ERROR
    assert verdict.failure is not None
    assert "KeyError: 'lost'" in verdict.failure.error
    assert '"<answer>"' in verdict.failure.error
    assert "candidate.py" not in verdict.failure.error


@pytest.mark.parametrize("kind", KINDS)
async def test_a_syntax_error_is_an_error(judge: Judge, kind: str) -> None:
    """Code that does not compile fails by its own fault."""
    verdict = await fate(judge, kind, "return return")
    assert verdict.outcome is Outcome.ERROR
    assert verdict.failure is not None
    assert "SyntaxError" in verdict.failure.error


@pytest.mark.parametrize("kind", KINDS)
async def test_an_early_exit_is_an_error(judge: Judge, kind: str) -> None:
    """Leaving is no answer."""
    verdict = await fate(judge, kind, "import os; os._exit(3)")
    assert verdict.outcome is Outcome.ERROR
    assert verdict.failure is not None
    assert "exited with status 3" in verdict.failure.error


@pytest.mark.parametrize("kind", KINDS)
async def test_an_endless_loop_is_a_timeout(judge: Judge, kind: str) -> None:
    """The CPU limit ends it, and the failure says so."""
    verdict = await fate(judge, kind, "while True: pass")
    assert verdict.outcome is Outcome.TIMEOUT
    assert verdict.failure is not None
    assert "CPU" in verdict.failure.error


@pytest.mark.parametrize("kind", KINDS)
async def test_too_much_memory_is_its_own_outcome(judge: Judge, kind: str) -> None:
    """An answer that wants a GiB where half is allowed."""
    verdict = await fate(judge, kind, "bytearray(1 << 30)")
    assert verdict.outcome is Outcome.MEMORY


@pytest.mark.parametrize("kind", KINDS)
async def test_too_much_output_is_an_error(judge: Judge, kind: str) -> None:
    """Whether printed by a program or returned by a function; printing in functions is ignored."""
    verdict = await fate(judge, kind, "print('x' * (1 << 22)); raise ValueError")
    assert verdict.outcome is Outcome.ERROR
    assert verdict.failure is not None
    said = "printed more than" if kind == "program" else "ValueError"
    assert said in verdict.failure.error
    if kind != "program":
        returned = await fate(judge, kind, "return 'x' * (1 << 22)")
        assert returned.failure is not None
        assert "returned more than" in returned.failure.error


@pytest.mark.parametrize("kind", ["function", "asserts"])
async def test_a_missing_function_is_an_error(judge: Judge, kind: str) -> None:
    """An answer that defines something else."""
    verdict = await judge.judge("def other(x): return x", KINDS[kind][1])
    assert verdict.outcome is Outcome.ERROR
    assert verdict.failure is not None
    assert "is not defined" in verdict.failure.error


async def test_what_a_failure_says_is_short(judge: Judge) -> None:
    """However much an answer returns or raises, little of it is fed back."""
    tests = FunctionTests("f", (FunctionCase(("y" * 9000,), "z" * 9000),))
    for code in ("def f(x): return x * 9", "def f(x): raise ValueError(x * 9)"):
        failure = (await judge.judge(code, tests)).failure
        assert failure is not None
        shown = (failure.test, failure.expected, failure.got, failure.error)
        assert 0 < max(map(len, shown)) <= 500


async def test_state_lives_from_call_to_call_and_no_longer(judge: Judge) -> None:
    """The calls of one answer share a process; those of two do not."""
    code = "import math\ncalls = []\nmath.calls = getattr(math, 'calls', 0) + 1\n"
    code += "def f():\n    calls.append(1)\n    return [len(calls), math.calls]"
    tests = FunctionTests("f", (FunctionCase((), [1, 1]), FunctionCase((), [2, 1])))
    for _ in range(3):
        assert (await judge.judge(code, tests)).outcome is Outcome.PASSED


async def test_comparison_rules_reach_the_judge(judge: Judge) -> None:
    """Unordered and tolerant tests pass what strict ones refuse."""
    lenient = Comparison(float_tolerance=0.1, unordered=True)
    for comparison, outcome in ((lenient, Outcome.PASSED), (Comparison(), Outcome.WRONG_ANSWER)):
        function = FunctionTests("f", (FunctionCase((), [1.05, 2]),), comparison)
        program = StdioTests((StdioCase("", "1.05\n2\n"),), comparison)
        assert (await judge.judge("def f(): return [2, 1.0]", function)).outcome is outcome
        assert (await judge.judge("print(1.05)\nprint(2.0)", program)).outcome is outcome
        assert (await judge.judge("print(1.05)\nprint(2.5)", program)).outcome is (
            Outcome.WRONG_ANSWER
        )
        assert (await judge.judge("print(2)\nprint(1.0)", program)).outcome is outcome


@pytest.mark.parametrize(
    ("root", "outcome"),
    [(2, Outcome.PASSED), (-2, Outcome.PASSED), (3, Outcome.WRONG_ANSWER)],
)
async def test_any_of_several_right_answers_passes(
    judge: Judge, root: int, outcome: Outcome
) -> None:
    """Of a function and of a program."""
    function = FunctionTests("f", (FunctionCase((), 2, (-2,)),))
    program = StdioTests((StdioCase("", "2\n", ("-2\n",)),))
    assert (await judge.judge(f"def f(): return {root}", function)).outcome is outcome
    assert (await judge.judge(f"print({root})", program)).outcome is outcome


@pytest.mark.parametrize(
    "tests", [FunctionTests("f", ()), StdioTests(()), AssertTests("f", (), setup="import math")]
)
async def test_no_tests_is_untested(judge: Judge, tests: Tests) -> None:
    """An answer that nothing was asked of has not passed."""
    assert (await judge.judge("def f(): pass", tests)).outcome is Outcome.UNTESTED


@pytest.mark.parametrize("snippet", ["import not_installed", "def (", "candidate(1)"])
async def test_broken_tests_are_no_fault_of_the_answer(judge: Judge, snippet: str) -> None:
    """Tests that cannot be run are reported as such."""
    verdict = await judge.judge("def f(x): return x", AssertTests("f", (snippet,)))
    assert verdict.outcome is Outcome.SANDBOX_FAILURE
    assert verdict.failure is not None
    assert "the tests could not be run" in verdict.failure.error


async def test_asserts_that_are_never_reached_do_not_count(judge: Judge) -> None:
    """A check that loops over an empty answer has checked nothing."""
    tests = AssertTests("f", ("for x in f():\n    assert x == 1",))
    assert (await judge.judge("def f(): return []", tests)).outcome is Outcome.WRONG_ANSWER
    assert (await judge.judge("def f(): return [1]", tests)).outcome is Outcome.PASSED


async def test_an_object_with_methods_can_be_tested(judge: Judge) -> None:
    """The tests of a class use it from afar: attributes, items, operators among its own objects."""
    code = (
        "class Stack:\n"
        "    def __init__(self, items=()): self.items = list(items)\n"
        "    def push(self, x): self.items.append(x); return self\n"
        "    def __len__(self): return len(self.items)\n"
        "    def __getitem__(self, i): return self.items[i]\n"
        "    def __iter__(self): return iter(self.items)\n"
        "    def __add__(self, other): return Stack(self.items + other.items)\n"
        "    def __eq__(self, other): return self.items == other.items\n"
        "    def __lt__(self, other): return len(self) < len(other)\n"
    )
    snippets = (
        "s = Stack([1]).push(2)\nassert s.items == [1, 2] and len(s) == 2 and s[1] == 2",
        "assert 2 in s and 3 not in s and list(s) == [1, 2]",
        "assert s + s == Stack([1, 2, 1, 2]) and s < s + s and s != [1, 2]",
    )
    verdict = await judge.judge(code, AssertTests("Stack", snippets))
    assert verdict.failure is None
    assert verdict.outcome is Outcome.PASSED


def completed(text: str, finish_reason: FinishReason = FinishReason.STOP) -> Completion:
    return Completion(text, finish_reason=finish_reason)


async def test_an_answer_is_assessed_by_the_cheapest_reason(judge: Judge) -> None:
    """What can be said without running code is said first."""
    problem = Problem("p", (), DOUBLE)
    right = "```python\ndef double(x): return x * 2\n```"
    for completion, outcome in (
        (completed(right), Outcome.PASSED),
        (completed(right, FinishReason.LENGTH), Outcome.TRUNCATED),
        (completed(right, FinishReason.REFUSAL), Outcome.REFUSED),
        (completed(right, FinishReason.CONTENT_FILTER), Outcome.REFUSED),
        (completed(" \n"), Outcome.EMPTY),
        (completed("I cannot say."), Outcome.NO_CODE),
    ):
        code, verdict = await assess(problem, completion, judge)
        assert verdict.outcome is outcome
        assert (code is None) == (outcome is not Outcome.PASSED)
    code, verdict = await assess(Problem("p", ()), completed("In Rust: ..."), judge)
    assert (code, verdict.outcome) == (None, Outcome.UNTESTED)
