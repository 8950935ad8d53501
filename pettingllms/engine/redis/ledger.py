"""The spending of a job that runs on several machines."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from pettingllms.engine.ledger import LASTING, ROUNDING_USD, Room
from pettingllms.engine.redis.connection import Connection

_REMEMBERED_S = 600
"""Longer than any command is sent again for."""
_LIFE_S = 120
"""Who reserves and settles nothing for so long counts as dead, until it settles after all."""
_LEDGER = f"""
local spent, reserved, lives, done = unpack(KEYS)
local owner = ARGV[1]
local before = redis.call('GET', done)
if before then return tonumber(before) end
local now = tonumber(redis.call('TIME')[1])

local function add(key, usd)
  redis.call('SET', key, string.format('%.12f', tonumber(redis.call('GET', key) or '0') + usd))
end
local function held(who) return tonumber(redis.call('HGET', reserved, who) or '0') end
local function hold(who, usd)
  redis.call('HSET', reserved, who, string.format('%.12f', usd))
  redis.call('ZADD', lives, now + {_LIFE_S}, who)
end
local function forget(who)
  redis.call('HDEL', reserved, who)
  redis.call('ZREM', lives, who)
end
local function ended(result)
  redis.call('SET', done, result, 'EX', {_REMEMBERED_S})
  return result
end
"""
_RESERVE = f"""{_LEDGER}
local usd, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', lives, '-inf', now)) do
  add(spent, held(dead))
  forget(dead)
end
local total, of_others = tonumber(redis.call('GET', spent) or '0'), 0
local all = redis.call('HGETALL', reserved)
for i = 1, #all, 2 do
  total = total + all[i + 1]
  local lasts = string.sub(all[i], 1, {len(LASTING)}) == '{LASTING}'
  if all[i] ~= owner and not lasts then of_others = of_others + math.max(0, all[i + 1]) end
end
if total + usd <= limit then
  hold(owner, held(owner) + usd)
  return ended({Room.TAKEN.value})
end
return ended(of_others > {ROUNDING_USD} and {Room.MAY_COME.value} or {Room.NONE.value})
"""
_SETTLE = f"""{_LEDGER}
local left = held(owner) - tonumber(ARGV[2])
add(spent, tonumber(ARGV[3]))
if math.abs(left) > {ROUNDING_USD} then hold(owner, left) else forget(owner) end
return ended(1)
"""
_HOLD = f"""{_LEDGER}
local usd, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('HEXISTS', reserved, owner) == 1 then return ended({Room.TAKEN.value}) end
local total = tonumber(redis.call('GET', spent) or '0')
for _, held_usd in ipairs(redis.call('HVALS', reserved)) do total = total + held_usd end
if total + usd > limit then return ended({Room.NONE.value}) end
redis.call('HSET', reserved, owner, string.format('%.12f', usd))
return ended({Room.TAKEN.value})
"""
_SETTLE_HELD = f"""{_LEDGER}
if redis.call('HEXISTS', reserved, owner) == 1 then
  add(spent, tonumber(ARGV[2]))
  forget(owner)
end
return ended(1)
"""
_TOTAL = """
local total = tonumber(redis.call('GET', KEYS[1]) or '0')
for _, usd in ipairs(redis.call('HVALS', KEYS[2])) do total = total + usd end
return tostring(total)
"""


class SharedLedger:
    """US dollars spent and reserved by every run of `job`, on all machines. Each method raises
    SharingError."""

    def __init__(self, connection: Connection, job: str) -> None:
        self._owner = uuid4().hex
        self._job = job
        self._keys = tuple(f"sft:{what}:{job}" for what in ("spent", "reserved", "reserving"))
        self._reserve = connection.script(_RESERVE)
        self._settle = connection.script(_SETTLE)
        self._hold = connection.script(_HOLD)
        self._settle_held = connection.script(_SETTLE_HELD)
        self._total = connection.script(_TOTAL)

    async def reserve(self, usd: float, limit_usd: float) -> Room:
        return Room(await self._reserve(self._once(), self._owner, usd, limit_usd + ROUNDING_USD))

    async def settle(self, reserved_usd: float, spent_usd: float) -> None:
        await self._settle(self._once(), self._owner, reserved_usd, spent_usd)

    @property
    def place(self) -> str:
        return f"job:{self._job}"

    async def hold(self, owner: str, usd: float, limit_usd: float) -> Room:
        return Room(await self._hold(self._once(), owner, usd, limit_usd + ROUNDING_USD))

    async def settle_held(self, owner: str, spent_usd: float) -> None:
        await self._settle_held(self._once(), owner, spent_usd)

    async def total_usd(self) -> float:
        return float(await self._total(self._keys))

    def _once(self) -> tuple[Any, ...]:
        """The keys of a command that counts once, however often it is sent."""
        return (*self._keys, f"{self._keys[0]}:{uuid4().hex}")
