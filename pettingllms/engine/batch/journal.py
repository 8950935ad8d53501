"""The journal of batches: a SQLite file beside the answers, durable before each step that costs."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pettingllms.engine.batch.records import Batch, BatchState, Item, ItemState
from pettingllms.errors import CacheError, reason
from pettingllms.files import json
from pettingllms.files.json import decoder
from pettingllms.files.sqlite import transaction
from pettingllms.records import ChatRequest

JOURNAL = "batches.db"
_BUSY_S = 30.0
_MAKE = """
CREATE TABLE IF NOT EXISTS batches (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, output TEXT NOT NULL, record BLOB NOT NULL,
  billed_to TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS items (
  key TEXT NOT NULL, batch TEXT NOT NULL, request BLOB NOT NULL, turn INTEGER NOT NULL,
  most_prompt INTEGER NOT NULL, most_usd REAL, state TEXT NOT NULL, PRIMARY KEY (batch, key)
);
CREATE UNIQUE INDEX IF NOT EXISTS taken ON items (key) WHERE state IN ('waiting', 'lost');
"""
"""The index refuses a request that is in a batch already, whoever plans it."""
_PLAN = "INSERT INTO batches (id, state, output, record) VALUES (?, ?, ?, ?)"
_TAKE = "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, 'waiting')"
_MOVE = "UPDATE batches SET state = ?, record = ? WHERE id = ?"
_BATCH = "SELECT record FROM batches WHERE id = ?"
_BATCHES = """
SELECT record FROM batches WHERE state IN (SELECT value FROM json_each(?)) ORDER BY rowid
"""
_UNBILLED = """
SELECT record FROM batches
WHERE coalesce(?1, output) = output AND billed_to = '' AND state IN ('done', 'held')
AND EXISTS (SELECT 1 FROM items WHERE batch = batches.id AND items.state IN ('answered', 'lost'))
ORDER BY rowid
"""
_BILL = "UPDATE batches SET billed_to = ? WHERE id = ?"
_HOLDER = "SELECT batch FROM items WHERE key = ? AND state IN ('waiting', 'lost')"
_ITEMS = """
SELECT key, request, turn, most_prompt, most_usd FROM items
WHERE batch = ? AND state IN (SELECT value FROM json_each(?)) ORDER BY rowid
"""
_STATES = "SELECT key, state FROM items WHERE batch = ?"
_END = "UPDATE items SET state = ? WHERE batch = ? AND key = ? AND state = 'waiting'"
_FREE = "UPDATE items SET state = ? WHERE batch = ? AND state IN ('waiting', 'lost')"

_read_batch = decoder(Batch)
_read_request = decoder(ChatRequest)


class Journal:
    """Of the batches over one cache, shared by the processes that use it. Raises, at opening and
    wherever it reads or writes: CacheError."""

    def __init__(self, cache_dir: Path) -> None:
        self._path = cache_dir / JOURNAL
        with self._usable():
            cache_dir.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(_MAKE)

    def close(self) -> None:
        self._database.close()

    def plan(self, batch: Batch, items: Sequence[Item]) -> None:
        """The batch and its requests, which are taken from here on."""
        rows = (
            (item.key, batch.id, _packed(item.request), item.turn, item.most_prompt, item.most_usd)
            for item in items
        )
        with self._transaction():
            self._database.execute(_PLAN, (batch.id, batch.state, batch.output, _record(batch)))
            self._database.executemany(_TAKE, rows)

    def move(self, batch: Batch, state: BatchState | None = None, **changes: Any) -> Batch:
        """The batch as it is from here on."""
        moved = replace(batch, state=state or batch.state, **changes)
        with self._transaction():
            self._database.execute(_MOVE, (moved.state, _record(moved), moved.id))
        return moved

    def batch(self, batch_id: str) -> Batch | None:
        return next(iter(self._batches(_BATCH, batch_id)), None)

    def batches(self, *states: BatchState) -> list[Batch]:
        """Those in any of these states, or all; the oldest first."""
        return self._batches(_BATCHES, _any_of(states or tuple(BatchState)))

    def unbilled(self, output: str | None = None) -> list[Batch]:
        """Of a run's output, or of all, those that have brought answers, or lost some, and are on
        no run's bill yet."""
        return self._batches(_UNBILLED, output)

    def bill_to(self, batch: Batch, run_id: str) -> None:
        with self._transaction():
            self._database.execute(_BILL, (run_id, batch.id))

    def holder(self, key: str) -> str | None:
        """The batch that has taken a request."""
        found = self._rows(_HOLDER, key)
        return str(found[0][0]) if found else None

    def items(self, batch_id: str, *states: ItemState) -> list[Item]:
        """In any of these states, or all."""
        rows = self._rows(_ITEMS, batch_id, _any_of(states or tuple(ItemState)))
        return [Item(row[0], _read_request(zlib.decompress(row[1])), *row[2:]) for row in rows]

    def states(self, batch_id: str) -> dict[str, ItemState]:
        """By key."""
        return {key: ItemState(state) for key, state in self._rows(_STATES, batch_id)}

    def end_items(self, batch_id: str, ended: Mapping[str, ItemState]) -> None:
        """What became of some that were waiting."""
        with self._transaction():
            self._database.executemany(
                _END, [(state, batch_id, key) for key, state in ended.items()]
            )

    def free_items(self, batch_id: str, state: ItemState) -> None:
        """All that are taken are asked as `state` says."""
        with self._transaction():
            self._database.execute(_FREE, (state, batch_id))

    def _batches(self, query: str, *values: str | None) -> list[Batch]:
        return [_read_batch(row[0]) for row in self._rows(query, *values)]

    def _rows(self, query: str, *values: str | None) -> list[tuple[Any, ...]]:
        with self._usable():
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._usable(), transaction(self._database):
            yield

    @contextmanager
    def _usable(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise CacheError(
                f"The journal of batches {self._path} cannot be used: {reason(error)}.",
                "Make it writable. It says what is being bought: do not delete it while"
                " `sft-collect batches` lists any.",
            ) from error


def _record(batch: Batch) -> bytes:
    return json.dumps(replace(batch, config=replace(batch.config, api_key=None)))


def _any_of(states: Sequence[str]) -> str:
    return json.dumps(states).decode()


def _packed(request: ChatRequest) -> bytes:
    return zlib.compress(json.dumps(request), 1)
