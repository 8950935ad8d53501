"""What a problem allows, made to fit this machine and Python."""

from __future__ import annotations

import pytest

from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Outcome,
    StatedLimits,
    StdioCase,
    StdioTests,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

CEILING = Limits(cpu_seconds=10, memory_mb=512, time_factor=4)


@pytest.mark.parametrize(
    ("stated", "cases", "cpu_seconds", "memory_mb"),
    [
        (StatedLimits(), 1, 10, 512),
        (StatedLimits(1.5), 1, 6, 512),
        (StatedLimits(0.001), 1, 1, 512),
        (StatedLimits(8), 1, 10, 512),
        (StatedLimits(0.5), 3, 6, 512),
        (StatedLimits(None, 100), 1, 10, 200),
        (StatedLimits(None, 16), 1, 10, 128),
        (StatedLimits(2, 1024), 1, 8, 512),
    ],
)
async def test_a_problem_s_limits_within_the_judge_s(
    stated: StatedLimits, cases: int, cpu_seconds: float, memory_mb: int
) -> None:
    """Its time times the factor, for each case; never above the judge's own, never next to none."""
    limits = CEILING.within(stated, cases)
    assert (limits.cpu_seconds, limits.memory_mb) == (cpu_seconds, memory_mb)


async def test_programs_are_held_to_them() -> None:
    """Of each kind of tests, and what held them is in the verdict."""
    busy = "def f(x):\n    while True: pass\nif __name__ == '__main__': f(1)"
    hungry = "def f(x): return len([0] * 30_000_000)\nif __name__ == '__main__': print(f(1))"
    stated = StatedLimits(0.2, 64)
    kinds = (
        FunctionTests("f", (FunctionCase((1,), 1),), limits=stated),
        StdioTests((StdioCase("", "1"),), limits=stated),
        AssertTests("f", ("assert f(1) == 1",), limits=stated),
    )
    async with Judge(find_sandbox(), CEILING, workers=1) as judge:
        for tests in kinds:
            late, large = [await judge.judge(code, tests) for code in (busy, hungry)]
            assert late.outcome is Outcome.TIMEOUT
            assert late.failure is not None
            assert "more than 1 seconds of CPU time" in late.failure.error
            assert "cpu=1s memory=128MB" in late.judged_by
            assert large.outcome is Outcome.MEMORY
