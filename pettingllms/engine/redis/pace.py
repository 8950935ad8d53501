"""One provider's rate limits, for all who send to it: equal shares, and pauses that all keep."""

from __future__ import annotations

import hashlib

from pettingllms.engine.redis.connection import Connection
from pettingllms.providers.dispatch import Limiter

_SILENCE_MS = 10_000
_BEAT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[2] == '1' then redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
else redis.call('ZREM', KEYS[1], ARGV[1]) end
return redis.call('ZCARD', KEYS[1])
"""
_PAUSE = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
end
"""


class SharedPace:
    """Of all processes that send to the provider and model of `scope`, on one account.

    Each that has sent something since its last beat has an equal share of what the provider
    allows; one that is silent, or gone, leaves its share to the others.
    """

    def __init__(self, connection: Connection, owner: str, *scope: str) -> None:
        name = hashlib.sha256("\n".join(scope).encode()).hexdigest()[:16]
        self._owner = owner
        self._senders = f"sft:senders:{name}"
        self.pause = f"sft:pause:{name}"
        """The Redis key that is there while nobody may send."""
        self._beat, self._hold = map(connection.script, (_BEAT, _PAUSE))
        self._sends = 0

    async def beat(self, limiter: Limiter) -> None:
        """Give a sign of life, and take the share that is due. Raises: SharingError."""
        traffic = limiter.traffic
        sends = bool(traffic.in_flight) or traffic.sends > self._sends
        self._sends = traffic.sends
        senders = await self._beat((self._senders,), self._owner, int(sends), _SILENCE_MS)
        limiter.share = 1 / max(1, senders)

    async def hold_back(self, seconds: float) -> None:
        """Nobody sends for so long. Raises: SharingError."""
        await self._hold((self.pause,), max(1, int(seconds * 1000)))
