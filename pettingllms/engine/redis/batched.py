"""Which requests are in a batch of some machine: leases that outlive their process.

The batch's own machine has it in its journal; here is what the others must know: that the request
is taken, by which batch, and where that is. It is said before the batch is sent, and taken back
once its journal has it no more, so a kill between the two leaves what the next look puts right.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pettingllms.engine.redis.answers import (
    BATCHED,
    BATCHES,
    answer_name,
    lease_name,
    share_answers,
)
from pettingllms.engine.redis.connection import Connection
from pettingllms.files import json
from pettingllms.files.json import decoder

_TOGETHER = 500
_CLAIM = """
local refused = {}
for i = 2, #ARGV do
  local batch = redis.call('HGET', KEYS[1], ARGV[i])
  if not batch and redis.call('EXISTS', KEYS[2 * i - 2], KEYS[2 * i - 1]) == 0 then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[1])
  elseif batch ~= ARGV[1] then
    refused[#refused + 1] = ARGV[i]
  end
end
return refused
"""
"""Of each request its answer and its lease: who asks online, or has asked, comes first."""
_LEAVE = """
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
"""


@dataclass(frozen=True, slots=True)
class KnownBatch:
    """A batch as all machines know it; `place` has its journal, `since` is Unix time. It is `whole`
    once all its requests are claimed."""

    id: str
    place: str
    model: str
    size: int
    most_usd: float
    since: float
    whole: bool = False


_read = decoder(KnownBatch)


class SharedBatches:
    """Of all machines on one Redis. Each method raises SharingError; twice does what once does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._claim, self._leave = map(connection.script, (_CLAIM, _LEAVE))

    async def claim(self, batch: KnownBatch, keys: Sequence[str]) -> list[str]:
        """The requests are the batch's, but for those that are returned: they are answered, asked
        for online, or in another batch."""
        refused: list[str] = []
        await self._say(batch)
        for some in _slices(keys):
            names = [name for key in some for name in (answer_name(key), lease_name(key))]
            refused += map(bytes.decode, await self._claim((BATCHED, *names), batch.id, *some))
        await self._say(replace(batch, whole=True))
        return refused

    async def _say(self, batch: KnownBatch) -> None:
        said = json.dumps(batch)
        await self._connection.call(lambda client: client.hset(BATCHES, batch.id, said))

    async def is_claimed(self, batch_id: str) -> bool:
        """Whether `claim` has come to its end."""
        said = await self._connection.call(lambda client: client.hget(BATCHES, batch_id))
        return said is not None and _read(said).whole

    async def leave(self, batch_id: str, keys: Sequence[str]) -> None:
        """These requests are the batch's no more."""
        for some in _slices(keys):
            await self._leave((BATCHED,), batch_id, *some)

    async def forget(self, batch_id: str) -> None:
        """There is no such batch any more."""
        await self._connection.call(lambda client: client.hdel(BATCHES, batch_id))

    async def release(self, batch_id: str) -> int:
        """Whatever is taken by a batch is free: how many requests that were."""
        taken = [key async for key in self._taken_by(batch_id)]
        await self.leave(batch_id, taken)
        await self.forget(batch_id)
        return len(taken)

    async def _taken_by(self, batch_id: str) -> AsyncIterator[str]:
        cursor = None
        while cursor != 0:
            cursor, some = await self._connection.call(
                lambda client, at=cursor or 0: client.hscan(BATCHED, at, count=_TOGETHER)
            )
            for key, batch in some.items():
                if batch.decode() == batch_id:
                    yield key.decode()

    async def holders(self, keys: Sequence[str]) -> dict[str, str]:
        """The batches that have taken any of `keys`, by key."""
        found: dict[str, str] = {}
        for some in _slices(keys):
            batches = await self._connection.call(
                lambda client, some=some: client.hmget(BATCHED, some)
            )
            pairs = zip(some, batches, strict=True)
            found |= {key: batch.decode() for key, batch in pairs if batch is not None}
        return found

    async def all(self) -> list[KnownBatch]:
        """The oldest first."""
        said = await self._connection.call(lambda client: client.hvals(BATCHES))
        return sorted(map(_read, said), key=lambda batch: batch.since)

    async def share(self, answers: Mapping[str, bytes]) -> None:
        """By key."""
        await share_answers(self._connection, answers)


def _slices(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _TOGETHER] for start in range(0, len(keys), _TOGETHER))
