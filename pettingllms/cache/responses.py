"""The response cache: paid answers by request key, on disk, for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from pettingllms.cache.store import SCHEMA_VERSION, Store, read_as
from pettingllms.errors import CacheError
from pettingllms.files import json
from pettingllms.files.json import decoder
from pettingllms.records import ChatRequest, Completion


def request_key(request: ChatRequest) -> str:
    """sha256 (hex) of the canonical JSON of everything that can change the answer."""
    parts = (SCHEMA_VERSION, request.provider, request.scope, request.sample, request.body)
    return hashlib.sha256(json.dumps(parts, orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A paid answer and what was asked; `packed_bytes` is its size on the disk."""

    key: str
    request: ChatRequest
    completion: Completion
    packed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept under a key."""

    completion: Completion
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class _Answered:
    completion: Completion


read_entry = decoder(Entry)
_read_answered = decoder(_Answered)


class ResponseCache:
    """Completions by request key; `put` returns once the answer is on the disk.

    Several processes may share the folder. Raises, at opening: CacheError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._store = Store(folder)

    def get(self, key: str) -> Completion | None:
        """The answer kept under `key`, or None; a damaged or foreign entry is a miss."""
        content = self._store.get(key)
        return None if content is None else read_as(_completion, key, content)

    def get_many(self, keys: Sequence[str]) -> dict[str, Completion]:
        """The answers kept under any of `keys`, read together."""
        entries = self._store.get_many(keys).items()
        found = ((key, read_as(_completion, key, content)) for key, content in entries)
        return {key: completion for key, completion in found if completion is not None}

    async def put(self, key: str, request: ChatRequest, completion: Completion) -> None:
        """Keep an answer, and what was asked. Raises: DiskFullError, CacheError."""
        await self._store.put(key, answer_content(request, completion))

    async def adopt(self, key: str, content: bytes) -> Completion:
        """Keep an answer of another cache. Raises: DiskFullError, CacheError."""
        try:
            completion = _completion(content)
        except ValueError as error:
            raise CacheError(
                f"What is shared as the answer {key} is none: {error!r}.",
                f"Find out who wrote it, and delete sft:answer:{key} in Redis.",
            ) from error
        await self._store.put(key, content)
        return completion

    def __len__(self) -> int:
        return len(self._store)

    def last_row(self) -> int:
        """What is put from now on lies behind it. Raises: CacheError."""
        return self._store.last_row()

    def close(self) -> None:
        """Wait for what is being written, then close."""
        self._store.close()

    def entries(self, after: int = 0) -> Iterator[KeptAnswer]:
        """Every answer that reads, the oldest first, behind the row `after`, while others may
        write. Raises: CacheError."""
        for entry in self._store.entries(after):
            answer = None if entry.content is None else _kept_answer(entry.key, entry.content)
            if answer is not None:
                yield replace(answer, packed_bytes=entry.packed_bytes)

    def entry(self, key: str) -> KeptAnswer | None:
        """The answer kept under `key` with what was asked, or None as `get`."""
        content = self._store.get(key)
        return None if content is None else _kept_answer(key, content)

    def delete(self, keys: Iterable[str]) -> None:
        """Forget paid answers, durably. Raises: CacheError, DiskFullError."""
        self._store.delete(keys)


def answer_content(request: ChatRequest, completion: Completion) -> bytes:
    """As an answer is kept, with what was asked."""
    return json.dumps(Entry(completion, request))


def _completion(content: bytes) -> Completion:
    return replace(_read_answered(content).completion, cached=True)


def _kept_answer(key: str, content: bytes) -> KeptAnswer | None:
    entry = read_as(read_entry, key, content)
    return entry and KeptAnswer(key, entry.request, entry.completion)
