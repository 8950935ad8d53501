"""Ctrl+C, and whatever else asks a run to end: it writes what it has, and says what that is.

The first signal cancels the run. Whoever is impatient then, or closes the terminal, does not tear
what is being written.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pettingllms.run.collection import Report

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class RunInterrupted(Exception):  # noqa: N818 - as KeyboardInterrupt, it is no error
    """By the signal `number`; `report` says what the run has left, if it had begun."""

    def __init__(self, number: int, report: Report | None) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number
        self.report = report


class Interruptible:
    """What runs in this task, until the first signal. `listen` again where somebody else, such as
    Prefect, has taken the signals."""

    def __init__(self) -> None:
        self.report: Report | None = None
        self._number: int | None = None
        self._task: asyncio.Task[Any] | None = asyncio.current_task()

    def listen(self) -> None:
        """What is ignored, as under nohup, stays ignored."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self.interrupt, number)

    async def result_of(self, program: Awaitable[T]) -> T:
        """Raises: RunInterrupted, and what `program` raises."""
        self.listen()
        try:
            return await program
        except asyncio.CancelledError:
            interruption = self.interruption()
            if interruption is None:
                raise
            raise interruption from None

    def interruption(self) -> RunInterrupted | None:
        """By the signal that came, if one has. What runs may then end in order."""
        return None if self._number is None else RunInterrupted(self._number, self.report)

    def interrupt(self, number: int) -> None:
        """As the signal does."""
        if self._number is None and self._task is not None:
            self._number = number
            self._task.cancel()


interruptible: ContextVar[Interruptible | None] = ContextVar("interruptible", default=None)
"""Of the program that was started by hand; a worker leaves the signals to Prefect."""


async def until_interrupted(program: Awaitable[T]) -> T:
    """What was started by hand, to its end or the first signal. Raises: RunInterrupted, and what
    `program` raises."""
    by_hand = Interruptible()
    interruptible.set(by_hand)
    return await by_hand.result_of(program)


async def to_the_end(work: Awaitable[T]) -> T:
    """However often it is cancelled meanwhile."""
    working = asyncio.ensure_future(work)
    while not working.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(working)
    return working.result()
