"""Much work at once, where most of it may turn out to need no waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from operator import length_hint
from typing import Generic, TypeVar

A = TypeVar("A")
T = TypeVar("T")


def _nobody_waits() -> None:
    """For all of it to have begun."""


async def in_parallel(
    work: Callable[[A], Awaitable[T]],
    items: Sequence[A],
    begun: Callable[[], object] = _nobody_waits,
) -> list[T]:
    """`work` on each of `items`; the results in their order.

    A new task begins only when all that there are wait, so that work which need not wait is done
    one after the other, without a task of its own. `begun` is called once nothing is left to begin.
    Raises: what the first failed work raises, after cancelling the rest.
    """
    if len(items) == 1:
        begun()
        return [await work(items[0])]
    try:
        async with asyncio.TaskGroup() as group:
            crew = _Crew(work, items, group, begun)
            crew.grow()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [crew.results[position] for position in range(len(items))]


class _Crew(Generic[A, T]):
    """Tasks that share items. No function of it refers to itself: what a shard leaves behind would
    wait for the garbage collector, which comes seldom."""

    def __init__(
        self,
        work: Callable[[A], Awaitable[T]],
        items: Sequence[A],
        group: asyncio.TaskGroup,
        begun: Callable[[], object],
    ) -> None:
        self.results: dict[int, T] = {}
        self._work = work
        self._items = items
        self._group = group
        self._begun = begun
        self._left = iter(range(len(items)))

    def grow(self) -> None:
        """By one task, where there is something left to do."""
        if length_hint(self._left):
            self._group.create_task(self._run())
        else:
            self._begun()

    async def _run(self) -> None:
        # Runs once every task that can go on has done so: when all that there are wait.
        asyncio.get_running_loop().call_soon(self.grow)
        try:
            for position in self._left:
                self.results[position] = await self._work(self._items[position])
        except BaseException:
            # Nothing is left to the others, which the group cancels.
            deque(self._left, maxlen=0)
            raise
