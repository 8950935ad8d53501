"""Sends one request until it is answered, refused, or out of patience."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pettingllms.errors import (
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


class Dispatcher:
    """Limiter and retry policy of one client; every request of that client leaves through it."""

    def __init__(self, limiter: Limiter | None = None, policy: RetryPolicy | None = None) -> None:
        self.limiter = limiter or Limiter()
        self.policy = policy or RetryPolicy()

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
        sends, told, no_room, timeouts, first_failure = 0, 0, 0, 0, 0.0
        while True:
            try:
                return await attempt()
            except TransientError as error:
                sends += 1
                no_room += isinstance(error, NoCapacityError)  # which the deadline alone ends
                timeouts += isinstance(error, RequestTimeoutError)
                now = time.monotonic()
                first_failure = first_failure or now
                is_told = error.retry_after_s is not None
                wait_s = self.policy.wait_s(sends if is_told else sends - told, error.retry_after_s)
                told += is_told  # who waited as long as asked need not back off for that too
                next_send_s = now - first_failure + wait_s
                if not self.policy.allows(sends - no_room, next_send_s, timeouts):
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
            except RateLimitError as error:
                self.limiter.overloaded(sent_at, error.retry_after_s)
                if (error.retry_after_s or 0.0) >= self.policy.deadline_s:
                    self.limiter.turn_away(error)
                raise
            except RequestTimeoutError:
                self.limiter.timed_out(sent_at, answers_then)
                raise
            except FatalError as error:
                self.limiter.stop(error)
                raise
        self.limiter.succeeded(sent_at)
        return result
