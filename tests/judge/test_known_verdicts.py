"""Verdicts that are remembered: the same as judged, only for the same code, tests and judge."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.judge.known_verdicts import KnownVerdicts
from pettingllms.records import Comparison, FunctionCase, FunctionTests, Outcome, Verdict

RIGHT = "def f(x): return x + 1"
WRONG = "def f(x): return x"
TESTS = FunctionTests("f", (FunctionCase((1,), 2), FunctionCase((10**30,), 10**30 + 1)))


@pytest.fixture
async def judge() -> AsyncIterator[Judge]:
    async with Judge(find_sandbox(), Limits(cpu_seconds=1), workers=1) as judge:
        yield judge


async def test_a_verdict_is_the_same_the_second_time_without_a_judge(
    judge: Judge, tmp_path: Path
) -> None:
    """The judge is closed by then, and would raise if it were asked."""
    known = KnownVerdicts(judge, tmp_path)
    first = [await known.judge(code, TESTS) for code in (RIGHT, WRONG)]
    assert [verdict.outcome for verdict in first] == [Outcome.PASSED, Outcome.WRONG_ANSWER]
    known.close()
    await judge.__aexit__(None, None, None)
    again = KnownVerdicts(judge, tmp_path)
    assert [await again.judge(code, TESTS) for code in (RIGHT, WRONG)] == first
    again.close()


@pytest.mark.parametrize(
    "tests",
    [
        FunctionTests("f", (FunctionCase((1,), 2),)),
        FunctionTests("f", (FunctionCase((1.0,), 2), *TESTS.cases[1:])),
        FunctionTests("f", TESTS.cases, Comparison(unordered=True)),
    ],
)
async def test_other_tests_are_judged_anew(
    judge: Judge, tmp_path: Path, tests: FunctionTests
) -> None:
    """Whatever differs: fewer cases, another type of a number, another comparison."""
    known = KnownVerdicts(judge, tmp_path)
    await known.judge(RIGHT, TESTS)
    await judge.__aexit__(None, None, None)
    assert (await known.judge(RIGHT, TESTS)).outcome is Outcome.PASSED
    with pytest.raises(RuntimeError, match="closed"):
        await known.judge(RIGHT, tests)
    known.close()


async def test_a_sandbox_s_failure_is_not_remembered(tmp_path: Path) -> None:
    """It says nothing about the code."""

    class Failing(Judge):
        def __init__(self) -> None:
            self.name = "failing"
            self.calls = 0

        async def judge(self, code: str, tests: object, language: str) -> Verdict:
            self.calls += 1
            return Verdict(Outcome.SANDBOX_FAILURE)

    judge = Failing()
    known = KnownVerdicts(judge, tmp_path)
    for _ in range(2):
        await known.judge(RIGHT, TESTS)
    assert judge.calls == 2
    known.close()


@pytest.mark.parametrize(
    ("code", "limits", "is_remembered"),
    [
        ("import time\ndef f(x): time.sleep(99)", Limits(cpu_seconds=30, wall_seconds=0.6), False),
        ("def f(x):\n while True: pass", Limits(cpu_seconds=0.3, wall_seconds=300), True),
    ],
)
async def test_a_verdict_from_wall_time_is_not_remembered(
    tmp_path: Path, code: str, limits: Limits, is_remembered: bool
) -> None:
    """A machine that has less to do may find the same answer right; CPU time counts for ever."""
    tests = FunctionTests("f", (FunctionCase((1,), 2),))
    async with Judge(find_sandbox(), limits, workers=1) as judge:
        known = KnownVerdicts(judge, tmp_path)
        verdict = await known.judge(code, tests)
    assert (verdict.outcome, verdict.by_wall_time) == (Outcome.TIMEOUT, not is_remembered)
    if is_remembered:
        assert await known.judge(code, tests) == verdict
    else:
        with pytest.raises(RuntimeError, match="closed"):
            await known.judge(code, tests)
    known.close()


async def test_a_verdict_of_another_version_is_judged_anew(judge: Judge, tmp_path: Path) -> None:
    """One that does not read is no verdict, and no end of the run."""
    known = KnownVerdicts(judge, tmp_path)
    first = await known.judge(RIGHT, TESTS)
    key = next(known._store.entries()).key  # pyright: ignore[reportPrivateUsage]
    await known._store.put(key, b'{"outcome": "splendid"}')  # pyright: ignore[reportPrivateUsage]
    assert (await known.judge(RIGHT, TESTS)).outcome == first.outcome
    known.close()
