"""Answers and the right to ask for them, shared by machines.

An answer is there packed as on the disk, with its checksum, for ever. Who asks holds a lease on
the key; it ends some time after the last sign of life of its owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from pettingllms.cache.store import pack, unpack
from pettingllms.engine.redis.connection import Connection
from pettingllms.errors import InBatchError
from pettingllms.files import json
from pettingllms.providers.wire.json_access import text

LEASE_S = 30.0
TAKEN, HELD = 0, -1
BATCHED, BATCHES = "sft:batched", "sft:batches"
"""Which batch has taken a request, by key, and what is known of each batch, by its id."""
_MOST_KEYS = 500
_TAKE = """
local answer = redis.call('GET', KEYS[1])
if answer then return answer end
local pause = redis.call('PTTL', KEYS[3])
if pause > 0 then return pause end
local batch = redis.call('HGET', KEYS[4], ARGV[3])
if batch then return {batch, redis.call('HGET', KEYS[5], batch) or '{}'} end
local owner = redis.call('GET', KEYS[2])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return -1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
_PUT = f"""
redis.call('SET', KEYS[2], ARGV[2])
{_RELEASE}
"""
_RENEW = """
for _, lease in ipairs(KEYS) do
    local owner = redis.call('GET', lease)
    if not owner or owner == ARGV[1] then redis.call('SET', lease, ARGV[1], 'PX', ARGV[2]) end
end
"""
"""A lease that a restart of Redis has lost is taken again."""


class SharedAnswers:
    """`owner` names this process; `lease_s` is how long the dead are waited for."""

    def __init__(self, connection: Connection, owner: str, lease_s: float = LEASE_S) -> None:
        self._connection = connection
        self._owner = owner
        self._lease_ms = int(lease_s * 1000)
        self._held: set[str] = set()
        self._take, self._release, self._put, self._renew = map(
            connection.script, (_TAKE, _RELEASE, _PUT, _RENEW)
        )

    async def take(self, key: str, pause: str) -> bytes | int:
        """The answer under `key`; HELD, where the right to ask for it is held by now; TAKEN, where
        another holds it; or the milliseconds that the Redis key `pause` still lasts.

        Raises: SharingError; InBatchError, where another machine's batch has taken it.
        """
        keys = (answer_name(key), lease_name(key), pause, BATCHED, BATCHES)
        found = await self._take(keys, self._owner, self._lease_ms, key)
        if isinstance(found, list):
            batch, known = cast("list[bytes]", found)
            raise _in_batch(batch, known)
        if found == HELD:
            self._held.add(key)
        if not isinstance(found, bytes):
            return found
        content = unpack(key, found)
        if content is None:
            await self._connection.call(lambda client: client.delete(answer_name(key)))
            return TAKEN
        return content

    async def put(self, key: str, content: bytes) -> None:
        """Share an answer, and release its lease. Raises: SharingError."""
        await self._put((lease_name(key), answer_name(key)), self._owner, pack(key, content))
        self._held.discard(key)

    async def release(self, key: str) -> None:
        """Nothing, where it is not held. Raises: SharingError."""
        if key in self._held:
            self._held.discard(key)
            await self._release((lease_name(key),), self._owner)

    async def renew(self) -> None:
        """A sign of life for every lease that is held. Raises: SharingError."""
        if self._held:
            await self._renew([*map(lease_name, self._held)], self._owner, self._lease_ms)

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is shared of `keys`. Raises: SharingError."""
        found: dict[str, bytes] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            some = keys[start : start + _MOST_KEYS]
            names = [*map(answer_name, some)]
            packed = await self._connection.call(lambda client, names=names: client.mget(names))
            for key, entry in zip(some, packed, strict=True):
                content = entry and unpack(key, entry)
                if content:
                    found[key] = content
        return found


async def share_answers(connection: Connection, contents: Mapping[str, bytes]) -> None:
    """By key, together. Raises: SharingError."""
    packed = {answer_name(key): pack(key, content) for key, content in contents.items()}
    await connection.call(lambda client: client.mset(packed))


def _in_batch(batch: bytes, known: bytes) -> InBatchError:
    place = text(json.loads(known), "place") or "another machine"
    return InBatchError(
        f"The request is in batch {batch[:8].decode()} of {place}.",
        "`sft-collect batches collect` there takes its results, and they are here then."
        " `sft-collect batches` lists it, and says what can be done if that machine is no more.",
    )


def answer_name(key: str) -> str:
    return f"sft:answer:{key}"


def lease_name(key: str) -> str:
    return f"sft:lease:{key}"
