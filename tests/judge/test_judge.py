"""The pool of workers: cancellation, faults, wall time, and what is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from pettingllms.judge import Judge, Limits, Sandbox
from pettingllms.judge.sandbox.worker import Worker
from pettingllms.records import FunctionCase, FunctionTests, Outcome

DOUBLE = FunctionTests("f", (FunctionCase((2,), 4),))
RIGHT = "def f(x): return x * 2"
NAP = "import time\ndef f(x):\n    time.sleep({})\n    return x * 2"


def descendants() -> set[int]:
    """All processes below this one."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while new := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {os.getpid()}


async def newcomer(known: set[int]) -> int:
    """Waits for a process that was not there before: a candidate, where the worker is warm."""
    while not (new := descendants() - known):  # noqa: ASYNC110  # no event tells
        await asyncio.sleep(0.01)
    return min(new)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def outcome(judge: Judge, code: str) -> Outcome:
    return (await judge.judge(code, DOUBLE)).outcome


async def test_a_cancelled_call_leaves_the_judge_usable(sandbox: Sandbox) -> None:
    """The worker is freed, its processes end, and the next answer is judged."""
    before = descendants()
    async with Judge(sandbox, workers=1) as judge:
        assert await outcome(judge, RIGHT) is Outcome.PASSED
        task = asyncio.create_task(outcome(judge, NAP.format(60)))
        candidate = await newcomer(descendants())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await outcome(judge, RIGHT) is Outcome.PASSED
        assert candidate not in descendants()
    assert descendants() <= before


async def test_a_call_cancelled_in_the_queue_costs_nobody(sandbox: Sandbox) -> None:
    """Waiting for a worker may be given up too."""
    async with Judge(sandbox, workers=1) as judge:
        first = asyncio.create_task(outcome(judge, NAP.format(0.2)))
        second = asyncio.create_task(outcome(judge, RIGHT))
        await asyncio.sleep(0)
        second.cancel()
        assert await first is Outcome.PASSED
        assert await outcome(judge, RIGHT) is Outcome.PASSED


async def test_a_process_killed_from_outside_is_tried_again(sandbox: Sandbox) -> None:
    """A candidate that the machine kills has not failed."""
    others = descendants()
    async with Judge(sandbox, workers=1) as judge:
        assert await outcome(judge, RIGHT) is Outcome.PASSED
        zygote = descendants() - others
        task = asyncio.create_task(outcome(judge, NAP.format(0.5)))
        os.kill(await newcomer(others | zygote), signal.SIGKILL)
        assert await task is Outcome.PASSED
        assert zygote
        assert not zygote & descendants()


async def test_a_zygote_killed_while_idle_is_replaced(sandbox: Sandbox) -> None:
    """The next answer does not notice."""
    async with Judge(sandbox, workers=1) as judge:
        known = descendants()
        assert await outcome(judge, RIGHT) is Outcome.PASSED
        for pid in descendants() - known:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert await outcome(judge, RIGHT) is Outcome.PASSED


class Broken(Sandbox):
    """Counts the tries to start it."""

    tries = 0

    def command(self) -> list[str]:
        Broken.tries += 1
        return ["/bin/false"]


async def test_a_sandbox_that_never_works_is_a_failure_after_three_tries() -> None:
    """Not before, and never the answer's."""
    async with Judge(Broken("broken"), workers=1) as judge:
        verdict = await judge.judge(RIGHT, DOUBLE)
    assert verdict.outcome is Outcome.SANDBOX_FAILURE
    assert verdict.failure is not None
    assert "tried 3 times" in verdict.failure.error
    assert Broken.tries == 3


class Watched(Judge):
    """Notes whether the other workers stood still whenever one answer ran alone."""

    stood_still: list[bool]

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[Worker]:
        async with super()._alone() as worker:
            self.stood_still.append(self._idle.empty())
            yield worker


async def test_out_of_wall_time_is_tried_again_alone(sandbox: Sandbox) -> None:
    """A machine too busy is no fault of the answer's: the second time it has time enough."""
    async with Watched(sandbox, Limits(wall_seconds=1), workers=2) as judge:
        judge.stood_still = []
        await asyncio.gather(*(outcome(judge, RIGHT) for _ in range(2)))
        code = (
            f"import time\ndef f(x):\n    time.sleep(max(0, {time.time() + 1.5} - time.time()))\n"
        )
        late, *others = await asyncio.gather(
            outcome(judge, f"{code}    return x * 2"), *(outcome(judge, RIGHT) for _ in range(8))
        )
    assert late is Outcome.PASSED
    assert set(others) == {Outcome.PASSED}
    assert judge.stood_still == [True]


async def test_out_of_wall_time_twice_is_a_timeout(sandbox: Sandbox) -> None:
    """Sleep counts, though it takes no CPU time."""
    async with Judge(sandbox, Limits(wall_seconds=0.5), workers=1) as judge:
        verdict = await judge.judge(NAP.format(60), DOUBLE)
    assert verdict.outcome is Outcome.TIMEOUT
    assert verdict.failure is not None
    assert "did not finish" in verdict.failure.error


async def test_more_answers_than_workers_take_turns(sandbox: Sandbox) -> None:
    """Each gets its own verdict, whoever is its neighbour; no descriptor is left open."""
    async with Judge(sandbox, workers=2) as judge:
        await asyncio.gather(*(outcome(judge, RIGHT) for _ in range(2)))
        before = open_descriptors()
        codes = [
            RIGHT,
            "def f(x): return x",
            "def f(x): raise ValueError",
            "import os; os._exit(0)",
        ]
        outcomes = await asyncio.gather(*(outcome(judge, code) for code in codes * 8))
        assert open_descriptors() <= before
    fates = [Outcome.PASSED, Outcome.WRONG_ANSWER, Outcome.ERROR, Outcome.ERROR]
    assert outcomes == fates * 8


async def test_tests_that_are_no_data_are_the_callers_mistake(sandbox: Sandbox) -> None:
    """They raise, and the judge works on."""
    async with Judge(sandbox, workers=1) as judge:
        with pytest.raises(TypeError, match="not plain data"):
            await judge.judge(RIGHT, FunctionTests("f", (FunctionCase((object(),), 1),)))
        assert await outcome(judge, RIGHT) is Outcome.PASSED


async def test_a_closed_judge_says_so(sandbox: Sandbox) -> None:
    """Outside its context it judges nothing."""
    with pytest.raises(RuntimeError, match="closed"):
        await Judge(sandbox).judge(RIGHT, DOUBLE)
