"""Work side by side: in order, no more tasks than needed, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from pettingllms.run.in_parallel import in_parallel


async def test_results_keep_the_order_of_the_items() -> None:
    """Whichever ends first; none for nothing."""

    async def slowest_first(number: int) -> int:
        await asyncio.sleep((5 - number) / 1000)
        return number * 10

    assert await in_parallel(slowest_first, range(5)) == [0, 10, 20, 30, 40]
    assert await in_parallel(slowest_first, []) == []


async def test_all_that_wait_wait_together() -> None:
    """Each waits for all others to have begun."""
    everyone = asyncio.Barrier(100)

    async def meet(_: int) -> int:
        return await everyone.wait()

    async with asyncio.timeout(30):
        assert sorted(await in_parallel(meet, range(100))) == list(range(100))


async def test_what_need_not_wait_shares_a_task() -> None:
    """And the one that waits holds up none of the others."""
    tasks: list[asyncio.Task[object] | None] = []
    gate = asyncio.Event()

    async def work(number: int) -> None:
        tasks.append(asyncio.current_task())
        if number == 50:
            await gate.wait()
        if number == 99:
            gate.set()

    await in_parallel(work, range(100))
    assert len(set(tasks)) == 2


async def test_the_first_failure_ends_the_rest() -> None:
    """It is raised as it is; what has begun is cancelled, the rest never begins."""
    begun, cancelled = [], []

    async def work(number: int) -> None:
        begun.append(number)
        try:
            if number == 3:
                await asyncio.sleep(0)
                raise ValueError("three")
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(ValueError, match="three"):
        await in_parallel(work, range(10_000))
    assert len(begun) < 100
    assert sorted(cancelled) == [number for number in begun if number != 3]
    await asyncio.sleep(0)


class Answer:
    """Something that can be watched."""


async def test_what_was_worked_on_is_gone_with_its_last_user() -> None:
    """At once, not when the garbage collector next comes, which is seldom: a shard is megabytes."""

    async def work(answer: Answer) -> Answer:
        await asyncio.sleep(0)
        return answer

    gc.collect()
    gc.disable()
    try:
        answers = [Answer() for _ in range(5)]
        watched = [weakref.ref(answer) for answer in answers]
        assert await in_parallel(work, answers) == answers
        del answers
        await asyncio.sleep(0)
        assert not any(reference() for reference in watched)
    finally:
        gc.enable()


async def test_it_says_when_nothing_is_left_to_begin() -> None:
    """Others may be given work then: what was asked first is under way by now."""
    begun: list[int] = []
    seen: list[int] = []
    all_begun, end = asyncio.Event(), asyncio.Event()

    async def work(number: int) -> int:
        begun.append(number)
        await end.wait()
        return number

    def say() -> None:
        seen.append(len(begun))
        all_begun.set()

    working = asyncio.create_task(in_parallel(work, range(20), say))
    await all_begun.wait()
    assert seen == [20]
    end.set()
    assert await working == [*range(20)]
    await in_parallel(work, [1], say)
    assert seen == [20, 20]
