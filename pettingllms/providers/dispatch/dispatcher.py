"""Sends one request until it is answered, refused, or out of patience."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pettingllms.errors import (
    CollectError,
    FatalError,
    NoCapacityError,
    RateLimitError,
    RequestTimeoutError,
    TransientError,
)
from pettingllms.providers.dispatch.limiter import Limiter
from pettingllms.providers.dispatch.retry import RetryPolicy

T = TypeVar("T")
RetryCounts = Counter[str]
_LATEST = 64
_HALF = 1 / 2


class Dispatcher:
    """Limiter and retry policy of one client; every request of that client leaves through it."""

    def __init__(self, limiter: Limiter | None = None, policy: RetryPolicy | None = None) -> None:
        self.limiter = limiter or Limiter()
        self.policy = policy or RetryPolicy()
        self._latest: deque[bool] = deque(maxlen=_LATEST)
        """Whether it failed, of each of the latest sends."""

    async def send(
        self,
        attempt: Callable[[], Awaitable[T]],
        tokens: float = 0.0,
        retries: RetryCounts | None = None,
    ) -> T:
        """Await `attempt()`, again after each transient error while the policy allows.

        `retries`, where given, is counted up by cause. Raises: the last TransientError when
        patience ends; any RowError at once; any FatalError at once, and for every later send.
        """
        return await self.patiently(lambda: self.once(attempt, tokens), retries)

    async def patiently(
        self, attempt: Callable[[], Awaitable[T]], retries: RetryCounts | None = None
    ) -> T:
        """As `send`, of an attempt that calls `once` where it has to send something."""
        sends, told, no_room, perhaps_billed, first_failure = 0, 0, 0, 0, 0.0
        while True:
            try:
                return await attempt()
            except TransientError as error:
                sends += 1
                no_room += isinstance(error, NoCapacityError)  # which the deadline alone ends
                perhaps_billed += error.may_be_billed
                now = time.monotonic()
                first_failure = first_failure or now
                is_told, is_well = error.retry_after_s is not None, self._is_well and not no_room
                tries = sends if is_told else sends - told
                wait_s = self.policy.wait_s(tries, error.retry_after_s, is_well)
                told += is_told  # who waited as long as asked need not back off for that too
                next_send_s = now - first_failure + wait_s
                if not self.policy.allows(sends - no_room, next_send_s, perhaps_billed, is_well):
                    raise
                if retries is not None:
                    retries[error.cause] += 1
            await self.limiter.sleep(wait_s)

    async def once(self, attempt: Callable[[], Awaitable[T]], tokens: float = 0.0) -> T:
        """Await `attempt()` in a slot of the limiter, which learns how it went."""
        async with self.limiter.slot(tokens):
            sent_at, answers_then = time.monotonic(), self.limiter.answers
            try:
                result = await attempt()
            except CollectError as error:
                self._latest.append(isinstance(error, TransientError))
                self._tell(error, sent_at, answers_then)
                raise
        self._latest.append(False)
        self.limiter.succeeded(sent_at)
        return result

    @property
    def _is_well(self) -> bool:
        """The server: most of the latest sends came back well, whosever they were."""
        return sum(self._latest) < _HALF * len(self._latest)

    def _tell(self, error: CollectError, sent_at: float, answers_then: int) -> None:
        """The limiter, what became of a request that left then."""
        if isinstance(error, RateLimitError):
            self.limiter.overloaded(sent_at, error.retry_after_s)
            if (error.retry_after_s or 0.0) >= self.policy.deadline_s:
                self.limiter.turn_away(error)
        elif isinstance(error, RequestTimeoutError):
            self.limiter.timed_out(sent_at, answers_then)
        elif isinstance(error, FatalError):
            self.limiter.stop(error)
