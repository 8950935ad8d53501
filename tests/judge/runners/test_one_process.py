"""Tests that only one process can run: right answers pass there, wrong ones do not."""

from __future__ import annotations

import pytest

from pettingllms.judge import Judge, Sandbox
from pettingllms.records import AssertTests, Outcome, Verdict
from tests.judge.runners.one_process_cases import CASES

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def verdict_on(judge: Judge, name: str, *, right: bool) -> Verdict:
    entry_point, right_code, wrong_code, tests = CASES[name]
    return await judge.judge(
        right_code if right else wrong_code, AssertTests(entry_point, (tests,))
    )


@pytest.mark.parametrize("name", CASES)
async def test_right_answers_pass(judge: Judge, name: str) -> None:
    """As under Python itself, whatever the tests look at."""
    verdict = await verdict_on(judge, name, right=True)
    assert verdict.outcome is Outcome.PASSED, verdict
    assert verdict.tests_passed == verdict.tests_total > 0


@pytest.mark.parametrize("name", CASES)
async def test_wrong_answers_do_not(judge: Judge, name: str) -> None:
    """And they are told what failed."""
    verdict = await verdict_on(judge, name, right=False)
    assert verdict.outcome in (Outcome.WRONG_ANSWER, Outcome.ERROR), verdict
    assert verdict.failure is not None
    assert verdict.failure.error or verdict.failure.test


async def test_the_verdict_names_its_way(judge: Judge) -> None:
    """In one process only where messages do not do."""
    beside = await verdict_on(judge, "a callback", right=True)
    apart = await judge.judge("def f(x): return x", AssertTests("f", ("assert f(x=1) == 1",)))
    assert beside.judged_by == f"{judge.name} in one process"
    assert apart.judged_by == judge.name


async def test_who_wants_isolation_gets_it(sandbox: Sandbox) -> None:
    """A strict judge runs nothing beside an answer: it says so, and neither accepts nor refuses."""
    async with Judge(sandbox, workers=1, strict=True) as judge:
        for right in (True, False):
            verdict = await verdict_on(judge, "a callback", right=right)
            assert verdict.outcome is Outcome.NOT_ISOLATED
            assert not verdict.outcome.is_kept
            assert not verdict.outcome.is_repairable
            assert "in one process" not in verdict.judged_by
        apart = await judge.judge("def f(x): return x", AssertTests("f", ("assert f(x=1) == 1",)))
    assert apart.outcome is Outcome.PASSED


NOTHING_CHECKED = {
    "a call alone": "f(1)",
    "a class without asserts": "import unittest as u\nclass T(u.TestCase):\n    def test(s): f(1)",
    "a function without an assert": "def test_f(): f(1)",
    "only what is always true": "assert True",
    "tests that skip": "import pytest\n@pytest.mark.skip\ndef test_f(): assert f(1) == 2",
    "a loop over nothing": "for x in []:\n    assert f(x) == x",
    "an assert in a function nobody calls": "def helper():\n    assert f(1) == 2",
}


@pytest.mark.parametrize("tests", NOTHING_CHECKED.values(), ids=NOTHING_CHECKED)
async def test_tests_that_check_nothing_are_no_pass(judge: Judge, tests: str) -> None:
    """Neither right nor wrong answers pass them."""
    verdict = await judge.judge("def f(x): return x + 1", AssertTests("f", (tests,)))
    assert not verdict.outcome.is_kept, verdict


async def test_what_the_prompt_defines_is_there(judge: Judge) -> None:
    """An answer that gives the function alone uses the helper, class and constant above it."""
    setup = (
        "import math\nLIMIT = 3\n"
        "class Node:\n    def __init__(self, v): self.v = v\n"
        "def _clip(x): return min(x, LIMIT)\n"
        "def encode(x): return _clip(math.floor(x))\n"
        "def f(x):\n    '''Doc.'''\n"
    )
    code = "def f(x): return Node(encode(x))"
    tests = AssertTests("f", ("assert f(2.5).v == 2 and isinstance(f(9), Node)",), setup)
    assert (await judge.judge(code, tests)).outcome is Outcome.PASSED


HELPED = "def shift(s): return s[1:] + s[:1]\n"
SHIFTING = "for s in ('abc', 'xy', ''): assert f(shift(s)) == s"
CODE = "def f(s): return s[-1:] + s[:-1]\n"
HELPERS = {
    "the answer has none": (CODE, True),
    "the same": (HELPED + CODE, True),
    "the same in other words": (
        "def shift(s):\n    'Moves.'\n    return ''.join((s[1:], s[:1]))\n" + CODE,
        True,
    ),
    "a wrong one": (HELPED.replace("[:1]", "[1:]") + CODE, False),
    "one that hides what the function lacks": ("def shift(s): return s\ndef f(s): return s", False),
    "one that raises": ("def shift(s): return s.shift()\n" + CODE, False),
}


@pytest.mark.parametrize("name", HELPERS)
@pytest.mark.parametrize("way", ["", "import random\n"])
async def test_tests_hold_with_the_prompts_helpers_and_the_answers(
    judge: Judge, name: str, way: str
) -> None:
    """Where an answer has them in other words: whoever runs its program finds those."""
    code, is_right = HELPERS[name]
    tests = AssertTests("f", (way + SHIFTING,), setup=HELPED)
    assert ((await judge.judge(code, tests)).outcome is Outcome.PASSED) == is_right


async def test_the_setup_may_use_the_answer(judge: Judge) -> None:
    """Where it builds what the tests are given."""
    code = "class Node:\n    def __init__(s, v): s.v = v\ndef f(n): return n.v"
    tests = AssertTests("f", ("assert f(root) == 1",), setup="root = Node(1)")
    assert (await judge.judge(code, tests)).outcome is Outcome.PASSED


async def test_an_answer_that_goes_on_to_be_a_program_is_tested(judge: Judge) -> None:
    """It reads input, or leaves, once its function is there."""
    for rest in ("n = input()\nprint(f(n))", "import sys\nsys.exit(0)", "exit()"):
        tests = AssertTests("f", ("assert f(1) == 2",))
        verdict = await judge.judge(f"def f(x): return x + 1\n{rest}", tests)
        assert verdict.outcome is Outcome.PASSED, rest
