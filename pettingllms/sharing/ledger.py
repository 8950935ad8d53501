"""The spending of a job that runs on several machines."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from pettingllms.sharing.connection import Connection

_REMEMBERED_S = 600
"""Longer than any command is sent again for."""
_ROUNDING_USD = 1e-9
_ADD = f"""
local done = redis.call('GET', KEYS[2])
if done then return tonumber(done) end
local total = tonumber(redis.call('GET', KEYS[1]) or '0') + tonumber(ARGV[1])
local fits = total <= tonumber(ARGV[2])
if fits then redis.call('SET', KEYS[1], string.format('%.12f', math.max(0, total))) end
redis.call('SET', KEYS[2], fits and 1 or 0, 'EX', {_REMEMBERED_S})
return fits and 1 or 0
"""


class SharedLedger:
    """US dollars spent and reserved by every run of `job`, on all machines."""

    def __init__(self, connection: Connection, job: str) -> None:
        self._connection = connection
        self._name = f"sft:spent:{job}"
        self._add = connection.script(_ADD)

    async def reserve(self, usd: float, limit_usd: float) -> bool:
        """Add `usd`, unless the total would then exceed the limit. Raises: SharingError."""
        return bool(await self._once(usd, limit_usd + _ROUNDING_USD))

    async def add(self, usd: float) -> None:
        """Raises: SharingError."""
        await self._once(usd, float("inf"))

    async def total_usd(self) -> float:
        """Raises: SharingError."""
        return float(await self._connection.call(lambda client: client.get(self._name)) or 0)

    async def _once(self, usd: float, limit_usd: float) -> Any:
        """However often it is sent."""
        return await self._add((self._name, f"{self._name}:{uuid4().hex}"), usd, limit_usd)
