"""Much work at once, where most of it may turn out to need no waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from operator import length_hint
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")


async def in_parallel(work: Callable[[A], Awaitable[T]], items: Sequence[A]) -> list[T]:
    """`work` on each of `items`; the results in their order.

    A new task begins only when all that there are wait, so that work which need not wait is done
    one after the other, without a task of its own. Raises: what the first failed work raises,
    after cancelling the rest.
    """
    if len(items) == 1:
        return [await work(items[0])]
    results: dict[int, T] = {}
    left = iter(range(len(items)))
    loop = asyncio.get_running_loop()

    async def run() -> None:
        loop.call_soon(start)
        try:
            for position in left:
                results[position] = await work(items[position])
        except BaseException:
            deque(left, maxlen=0)
            raise

    def start() -> None:
        if length_hint(left):
            group.create_task(run())

    try:
        async with asyncio.TaskGroup() as group:
            start()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [results[position] for position in range(len(items))]
