"""The journal of batches: a SQLite file beside the answers, durable before each step that costs."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pettingllms.engine.batch.records import Batch, BatchState, Item, ItemState, batches_command
from pettingllms.errors import CacheError, reason
from pettingllms.files import json
from pettingllms.files.json import decoder
from pettingllms.files.sqlite import transaction
from pettingllms.records import ChatRequest, PerhapsBilled

JOURNAL = "batches.db"
_BUSY_S = 30.0
PAGE = 100
"""Requests that are in memory at a time."""
_MAKE = """
CREATE TABLE IF NOT EXISTS batches (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, output TEXT NOT NULL, record BLOB NOT NULL,
  billed_to TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS items (
  key TEXT NOT NULL, batch TEXT NOT NULL, request BLOB NOT NULL, turn INTEGER NOT NULL,
  most_prompt INTEGER NOT NULL, most_usd REAL, state TEXT NOT NULL,
  may_be_billed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (batch, key)
);
CREATE UNIQUE INDEX IF NOT EXISTS taken ON items (key) WHERE state IN ('waiting', 'lost');
"""
"""The index refuses a request that is in a batch already, whoever plans it."""
_HAS_BILLED = "SELECT count(*) FROM pragma_table_info('items') WHERE name = 'may_be_billed'"
_ADD_BILLED = "ALTER TABLE items ADD COLUMN may_be_billed INTEGER NOT NULL DEFAULT 0"
"""Journals of earlier versions have no such column."""
_PLAN = "INSERT INTO batches (id, state, output, record) VALUES (?, ?, ?, ?)"
_TAKE = "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0)"
_MOVE = "UPDATE batches SET state = ?, record = ? WHERE id = ?"
_BATCH = "SELECT record FROM batches WHERE id = ?"
_BATCHES = """
SELECT record FROM batches WHERE state IN (SELECT value FROM json_each(?)) ORDER BY rowid
"""
_MAY_BE_BILLED = """
(items.state = 'lost' OR may_be_billed OR (items.state = 'waiting' AND batches.state = 'held'))
"""
"""Without an answer. Of what is held, only a person can tell."""
_UNBILLED = f"""
SELECT record FROM batches
WHERE coalesce(?1, output) = output AND billed_to = '' AND state IN ('done', 'held')
AND EXISTS (
  SELECT 1 FROM items
  WHERE batch = batches.id AND (items.state = 'answered' OR {_MAY_BE_BILLED})
)
ORDER BY rowid
"""  # noqa: S608 - of constants
_PERHAPS = f"""
SELECT count(*), coalesce(sum(most_usd), 0) FROM items JOIN batches ON items.batch = batches.id
WHERE batch = ? AND {_MAY_BE_BILLED}
"""  # noqa: S608 - of constants
_BILL = "UPDATE batches SET billed_to = ? WHERE id = ?"
_HOLDER = "SELECT batch FROM items WHERE key = ? AND state IN ('waiting', 'lost')"
_ITEM = "SELECT key, request, turn, most_prompt, most_usd, rowid FROM items"
_ITEMS = f"{_ITEM} WHERE batch = ? AND state = ? AND rowid > ? ORDER BY rowid LIMIT {PAGE}"
_UNANSWERED = f"""
{_ITEM} WHERE batch = ? AND key IN (SELECT value FROM json_each(?)) AND state <> 'answered'
"""  # noqa: S608 - of constants
_KEYS = "SELECT key FROM items WHERE batch = ? AND state IN (SELECT value FROM json_each(?))"
_STATES = "SELECT key, state FROM items WHERE batch = ?"
_END = """
UPDATE items SET state = ?, may_be_billed = ? WHERE batch = ? AND key = ? AND state <> 'answered'
"""
_FREE = """
UPDATE items SET state = ?, may_be_billed = ? WHERE batch = ? AND state IN ('waiting', 'lost')
"""
_WAITING = """
SELECT count(*), coalesce(sum(most_usd), 0) FROM items WHERE batch = ? AND state = 'waiting'
"""

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
            if not self._database.execute(_HAS_BILLED).fetchone()[0]:
                with suppress(sqlite3.OperationalError):  # another process has just added it
                    self._database.execute(_ADD_BILLED)

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

    def items(self, batch_id: str) -> Iterator[Item]:
        """Those that wait for their answers; some at a time are in memory."""
        last_row = 0
        while page := self._rows(_ITEMS, batch_id, ItemState.WAITING, last_row):
            yield from map(_item, page)
            last_row = page[-1][-1]

    def unanswered(self, batch_id: str, keys: Sequence[str]) -> dict[str, Item]:
        """By key, of `keys`, those that have no answer."""
        rows = self._rows(_UNANSWERED, batch_id, _any_of(keys))
        return {row[0]: _item(row) for row in rows}

    def keys(self, batch_id: str, *states: ItemState) -> list[str]:
        """Of the requests in any of these states."""
        return [row[0] for row in self._rows(_KEYS, batch_id, _any_of(states))]

    def states(self, batch_id: str) -> dict[str, ItemState]:
        """By key."""
        return {key: ItemState(state) for key, state in self._rows(_STATES, batch_id)}

    def perhaps_billed(self, batch_id: str) -> PerhapsBilled:
        """What brought no answer, and may be charged."""
        return PerhapsBilled(*self._rows(_PERHAPS, batch_id)[0])

    def end_items(
        self, batch_id: str, ended: Mapping[str, ItemState], in_vain: Collection[str] = ()
    ) -> None:
        """What became of some that had no answer; those `in_vain` may be billed without one."""
        rows = [(state, key in in_vain, batch_id, key) for key, state in ended.items()]
        with self._transaction():
            self._database.executemany(_END, rows)

    def leave_out(self, batch: Batch, keys: Sequence[str]) -> Batch:
        """The batch without these requests, which it has not asked for."""
        rows = [(ItemState.AGAIN, False, batch.id, key) for key in keys]
        with self._transaction():
            self._database.executemany(_END, rows)
            size, most_usd = self._database.execute(_WAITING, (batch.id,)).fetchone()
            smaller = replace(batch, size=size, most_usd=most_usd, prepared="")
            self._database.execute(_MOVE, (smaller.state, _record(smaller), smaller.id))
        return smaller

    def free_items(self, batch_id: str, state: ItemState, *, may_be_billed: bool = False) -> None:
        """All that are taken are asked as `state` says."""
        with self._transaction():
            self._database.execute(_FREE, (state, may_be_billed, batch_id))

    def _batches(self, query: str, *values: str | None) -> list[Batch]:
        return [_read_batch(row[0]) for row in self._rows(query, *values)]

    def _rows(self, query: str, *values: str | int | None) -> list[tuple[Any, ...]]:
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
                f" {batches_command(self._path.parent)} lists any.",
            ) from error


def _record(batch: Batch) -> bytes:
    return json.dumps(replace(batch, config=replace(batch.config, api_key=None)))


def _item(row: Sequence[Any]) -> Item:
    key, request, turn, most_prompt, most_usd, _ = row
    return Item(key, _read_request(zlib.decompress(request)), turn, most_prompt, most_usd)


def _any_of(names: Sequence[str]) -> str:
    return json.dumps(names).decode()


def _packed(request: ChatRequest) -> bytes:
    return zlib.compress(json.dumps(request), 1)
