"""The rate limits of an account: token buckets, and a gate that every chat request passes.

Tokens are charged when an answer's size is known; a bucket may then go below empty, and
nothing more is admitted until it has refilled.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import ceil, inf
from time import monotonic
from typing import Literal

from pettingllms.errors import SettingError
from pettingllms.simulator.chat import ErrorReply, RefusedError

Resource = Literal["requests", "tokens"]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """None is no limit. A full bucket holds what flows in during `burst_s` seconds.

    With the default of a minute, a whole minute's worth may come at once, as at Anthropic;
    OpenAI is nearer to `burst_s=1`.

    Raises: SettingError when a limit is not above zero.
    """

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    max_concurrent: int | None = None
    burst_s: float = 60.0

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if value is not None and value <= 0:
                raise SettingError(
                    f"{limit.name} is {value:g}.", "Set it above zero, or leave it out."
                )


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the rate-limit headers tell: the limit per minute, what is left, seconds to full."""

    limit: int
    remaining: int
    reset_s: float


class _Bucket:
    def __init__(self, per_minute: float, burst_s: float) -> None:
        self.per_minute = per_minute
        self._per_second = per_minute / 60
        self._capacity = max(1.0, self._per_second * burst_s)
        self._level = self._capacity
        self._filled_at = monotonic()

    def take(self, amount: float) -> None:
        self._level -= amount

    def wait_s(self, amount: float) -> float:
        """Seconds until `amount` can be taken; 0 when it can be now."""
        now = monotonic()
        gained = (now - self._filled_at) * self._per_second
        self._level = min(self._capacity, self._level + gained)
        self._filled_at = now
        return max(0.0, amount - self._level) / self._per_second

    def allowance(self) -> Allowance:
        reset_s = self.wait_s(self._capacity)
        return Allowance(int(self.per_minute), max(0, int(self._level)), reset_s)


class Gate:
    """Entered by each chat request for as long as it lasts.

    Raises: RefusedError with a 429 on entry, when a limit is reached.
    """

    def __init__(self, limits: RateLimits) -> None:
        self._max_concurrent = inf if limits.max_concurrent is None else limits.max_concurrent
        self._in_flight = 0
        rates: dict[Resource, float | None] = {
            "requests": limits.requests_per_minute,
            "tokens": limits.tokens_per_minute,
        }
        self._buckets: dict[Resource, _Bucket] = {
            resource: _Bucket(rate, limits.burst_s)
            for resource, rate in rates.items()
            if rate is not None
        }

    def __enter__(self) -> None:
        if self._in_flight >= self._max_concurrent:
            raise RefusedError(
                ErrorReply(429, "Too many concurrent requests.", type="requests", retry_after_s=1)
            )
        for resource, bucket in self._buckets.items():
            if wait_s := bucket.wait_s(1):
                raise RefusedError(_rate_limited(resource, bucket.per_minute, wait_s))
        self._charge("requests", 1)
        self._in_flight += 1

    def __exit__(self, *_: object) -> None:
        self._in_flight -= 1

    def charge_tokens(self, tokens: int) -> None:
        self._charge("tokens", tokens)

    def allowances(self) -> dict[Resource, Allowance]:
        return {resource: bucket.allowance() for resource, bucket in self._buckets.items()}

    def _charge(self, resource: Resource, amount: float) -> None:
        if bucket := self._buckets.get(resource):
            bucket.take(amount)


def _rate_limited(resource: Resource, per_minute: float, wait_s: float) -> ErrorReply:
    return ErrorReply(
        429,
        f"Rate limit reached on {resource} per minute: limit {per_minute:g}."
        f" Please try again in {ceil(wait_s)}s.",
        type=resource,
        code="rate_limit_exceeded",
        retry_after_s=wait_s,
    )
