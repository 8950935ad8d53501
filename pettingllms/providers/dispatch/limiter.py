"""How many requests may be on their way, and how fast they may leave.

Concurrency adapts: it grows eightfold each round trip, little by little, until the server first
says "too many", or lets requests wait for longer than they may, then by one a round trip, and
halves at each overload (AIMD); most of what a few refusals have cost comes back at once. A
Retry-After holds every sender back at once, but for a probe (`pause`). Rate limits, once known from
the server's headers, become token buckets, filled with what it says is left.
One limiter serves one event loop. Where others send too, it keeps to the `share` it is given.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pettingllms.errors import CollectError, FatalError
from pettingllms.providers.dispatch.pause import Pause

_BUCKET_SECONDS = 1.0
"""A bucket never saves up more than this, so that a pause does not end in a stampede."""
_LATE_S = 0.1
"""By so much a program that has other work may be late, and catch up with its rate."""
_EIGHTFOLD = 7
"""More at a time with each answer, of as many as are on their way."""
_SPREAD_S = 0.2
"""The longest time over which those come, one after the other. A refusal stops the rest; and what
leaves together comes back together, and then waits for one another here."""
_KNOWN_TO_WORK = 3 / 4
"""Of the concurrency that was too much."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What a provider allows, and what is left of it now, as it says in its headers; None where it
    does not say."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    requests_left: float | None = None
    tokens_left: float | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is on its way, how many sends left so far, and what the provider is known to allow."""

    in_flight: int
    sends: int
    limits: RateLimits


class TokenBucket:
    """Lets `per_minute` units through each minute, evenly; holds one second's worth, of which
    there are `left` at first."""

    def __init__(self, per_minute: float, now: float, left: float = 1.0) -> None:
        self.per_minute = per_minute
        self._rate = per_minute / 60.0
        self._capacity = max(1.0, self._rate * _BUCKET_SECONDS)
        self._level = min(left, self._capacity)
        self._updated = now

    def wait_s(self, now: float) -> float:
        """Seconds until the next unit; a cost above the level is paid off afterwards."""
        self._level = min(self._capacity, self._level + (now - self._updated) * self._rate)
        self._updated = now
        return 0.0 if self._level >= 1.0 else (1.0 - self._level) / self._rate

    def take(self, amount: float) -> None:
        self._level -= amount

    def keep_to(self, left: float, now: float) -> None:
        """What was saved up beyond what is `left` does not leave at once; the rate goes on. A
        server fills no bucket that is full still, as while the first ones are on their way to it.
        """
        self.wait_s(now)
        self._level = min(self._level, max(left, 1.0, self._rate * _LATE_S))


class Limiter:
    """Admission of requests: `async with limiter.slot(tokens): ...`."""

    def __init__(self, max_concurrency: int = 256, initial_concurrency: int = 32) -> None:
        self.max_concurrency = max_concurrency
        self.concurrency = float(min(initial_concurrency, max_concurrency))
        self.in_flight = 0
        self.answers = 0
        self._tokens_in_flight = 0.0
        self._waiters: deque[tuple[asyncio.Future[float | None], float]] = deque()
        self._sleepers: set[asyncio.Future[None]] = set()
        self._slow_start = True
        self._known_to_work = 0.0
        """Up to here concurrency may grow fast again after a cut, while few are refused."""
        self._share = 1.0
        self._limits = RateLimits()
        self._pause = Pause()
        self._cut_at = 0.0
        self._requests: TokenBucket | None = None
        self._tokens: TokenBucket | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._stopped_by: FatalError | None = None
        self._turned_away_by: CollectError | None = None

    @property
    def traffic(self) -> Traffic:
        return Traffic(self.in_flight, self._pause.sends, self._limits)

    @property
    def share(self) -> float:
        """How much of what the provider allows is for this limiter, from 0 to 1."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        if share != self._share:
            self._share = share
            self.learn(self._limits)

    @asynccontextmanager
    async def slot(self, tokens: float = 0.0) -> AsyncGenerator[None]:
        """Wait for admission; `tokens` is what the request is expected to count against TPM.

        Raises: the error given to `stop`, from then on, at once; that given to `turn_away`,
        while the pause lasts.
        """
        probe = await self._admit(tokens)
        try:
            yield
        finally:
            self._leave(tokens, probe)

    def succeeded(self, sent_at: float = 0.0) -> None:
        """A request came back well: allow a little more at a time, and end a pause that it was the
        probe of."""
        now = time.monotonic()
        self.answers += 1
        self._pause.answered(sent_at, now)
        if self._slow_start:
            self._grow_within(min(now - sent_at, _SPREAD_S))
        else:
            recovers = self.concurrency < self._known_to_work and not self._pause.are_many_refused
            self._grow(1.0 if recovers else 1.0 / self.concurrency)
        self._pump()

    def overloaded(self, sent_at: float, retry_after_s: float | None) -> None:
        """The server said "too many": hold everyone back, and halve once per round trip, unless a
        probe will tell whether that was meant for all."""
        now = time.monotonic()
        is_meant_for_all = self._pause.refused(sent_at, now) or retry_after_s is None
        if is_meant_for_all and sent_at >= self._cut_at:
            self._known_to_work = self.concurrency * _KNOWN_TO_WORK
            self.concurrency = max(1.0, self.concurrency / 2)
            self._slow_start = False
            self._cut_at = now
        if retry_after_s is not None:
            self._pause.hold(now, retry_after_s, sent_at)

    def hold(self, seconds: float) -> None:
        """Nothing leaves for so long: somebody else was told, and probes."""
        now = time.monotonic()
        self._pause.hold(now, seconds, sent_at=now)
        self._pause.believe()

    def timed_out(self, sent_at: float, answers_then: int) -> None:
        """No answer came in time to a request sent when there had been `answers_then`. Where
        fewer came since than are on their way, the server does not keep up with so many."""
        if self.answers - answers_then < self.in_flight:
            self.overloaded(sent_at, None)

    def learn(self, limits: RateLimits) -> None:
        """Take over limits read from a response's headers. What is left fills a bucket that is new,
        but for what is on its way, which may not have been counted; and as many may leave at once:
        there is no need to find out slowly what the server says."""
        requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
        self._limits = RateLimits(
            self._limits.requests_per_minute if requests is None else requests,
            self._limits.tokens_per_minute if tokens is None else tokens,
        )
        is_new = self._requests is None and self._slow_start
        self._requests = self._bucket(
            self._requests, requests, limits.requests_left, self.in_flight
        )
        self._tokens = self._bucket(
            self._tokens, tokens, limits.tokens_left, self._tokens_in_flight
        )
        if is_new and limits.requests_left is not None:
            left = limits.requests_left * self._share
            self.concurrency = min(self.max_concurrency, max(self.concurrency, left))

    def stop(self, error: FatalError) -> None:
        """Nothing leaves any more: whoever waits, or comes later, gets `error`."""
        self._stopped_by = self._stopped_by or error
        self._fail_waiters(self._stopped_by)

    def forgive(self, *kinds: type[FatalError]) -> None:
        """Take back a `stop` for an error of these kinds."""
        if isinstance(self._stopped_by, kinds):
            self._stopped_by = None

    def turn_away(self, error: CollectError) -> None:
        """Until the pause ends, whoever waits, or comes, gets `error` and need not wait for it."""
        self._turned_away_by = error
        self._fail_waiters(error)

    async def sleep(self, seconds: float) -> None:
        """Wait outside the queue; less long where `stop` or `turn_away` ends all waiting."""
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.add(sleeper)
        try:
            await asyncio.wait((sleeper,), timeout=seconds)
        finally:
            self._sleepers.discard(sleeper)

    def _fail_waiters(self, error: CollectError) -> None:
        while self._waiters:
            waiter, _ = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(error)
        while self._sleepers:
            sleeper = self._sleepers.pop()
            if not sleeper.done():
                sleeper.set_result(None)

    def refuse(self) -> None:
        """Raises what `stop` or `turn_away` left for whoever comes now, if anything."""
        if self._stopped_by is not None:
            raise self._stopped_by.with_traceback(None)
        if self._turned_away_by is not None and time.monotonic() < self._pause.until:
            raise self._turned_away_by.with_traceback(None)
        self._turned_away_by = None

    def _grow(self, step: float) -> None:
        self.concurrency = min(self.max_concurrency, self.concurrency + step)

    def _grow_within(self, seconds: float) -> None:
        if self.concurrency < self.max_concurrency:
            loop = asyncio.get_running_loop()
            for number in range(_EIGHTFOLD):
                loop.call_later(seconds * number / _EIGHTFOLD, self._one_more)

    def _one_more(self) -> None:
        if self._slow_start:
            self._grow(1.0)
            self._pump()

    async def _admit(self, tokens: float) -> float | None:
        """Wait for a place; the probe's name where it is that of a pause's probe."""
        self.refuse()
        waiter: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._waiters.append((waiter, tokens))
        self._pump()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._leave(tokens, waiter.result())
            raise

    def _leave(self, tokens: float, probe: float | None) -> None:
        self.in_flight -= 1
        self._tokens_in_flight -= tokens
        if probe is not None:
            self._pause.probe_ended(probe)
        self._pump()

    def _pump(self) -> None:
        while self._waiters and self.in_flight < int(self.concurrency):
            now = time.monotonic()
            pause_s, delay_s = self._pause.until - now, self._delay_s(now)
            is_probe = pause_s > 0
            if is_probe and not self._pause.lets_probe():
                delay_s = max(delay_s, pause_s)
            if delay_s > 0:
                self._wake_in(delay_s)
                return
            waiter, tokens = self._waiters.popleft()
            if not waiter.done():
                self._charge(tokens)
                waiter.set_result(self._pause.probe() if is_probe else None)

    def _charge(self, tokens: float) -> None:
        self.in_flight += 1
        self._tokens_in_flight += tokens
        self._pause.leaves()
        if self._requests is not None:
            self._requests.take(1.0)
        if self._tokens is not None:
            self._tokens.take(tokens)

    def _delay_s(self, now: float) -> float:
        """What the rate limits still ask for."""
        buckets = (bucket.wait_s(now) for bucket in (self._requests, self._tokens) if bucket)
        return max((0.0, *buckets))

    def _wake_in(self, delay_s: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(delay_s, self._pump)

    def _bucket(
        self,
        current: TokenBucket | None,
        per_minute: float | None,
        left: float | None,
        on_its_way: float,
    ) -> TokenBucket | None:
        """For this limiter's share; the one that there is, unless the limit is another now."""
        if per_minute is None:
            return current
        ours, now = per_minute * self._share, time.monotonic()
        uncounted = None if left is None else max(0.0, left - on_its_way) * self._share
        if current is None or current.per_minute != ours:
            return TokenBucket(ours, now, 1.0 if uncounted is None else uncounted)
        if uncounted is not None:
            current.keep_to(uncounted, now)
        return current
