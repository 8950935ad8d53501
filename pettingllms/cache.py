"""The response cache: paid answers by request key, on disk, for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson

from pettingllms import json_text
from pettingllms.json_records import completion_of
from pettingllms.records import ChatRequest, Completion
from pettingllms.store import SCHEMA_VERSION, Store


def request_key(request: ChatRequest) -> str:
    """sha256 (hex) of the canonical JSON of everything that can change the answer."""
    parts = (SCHEMA_VERSION, request.provider, request.scope, request.sample, request.body)
    return hashlib.sha256(json_text.dumps(parts, orjson.OPT_SORT_KEYS)).hexdigest()


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
        return None if content is None else _completion(content)

    async def put(self, key: str, request: ChatRequest, completion: Completion) -> None:
        """Keep an answer, and what was asked. Raises: DiskFullError, CacheError."""
        entry = {"completion": completion, "request": request}
        await self._store.put(key, json_text.dumps(entry))

    def __len__(self) -> int:
        return len(self._store)

    def close(self) -> None:
        """Wait for what is being written, then close."""
        self._store.close()


def _completion(content: bytes) -> Completion:
    return completion_of({**orjson.loads(content)["completion"], "cached": True})
