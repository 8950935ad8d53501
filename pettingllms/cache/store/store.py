"""Contents by key: read at once, written by one thread that commits many together."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby, islice
from pathlib import Path
from typing import ClassVar, cast

from diskcache import Timeout  # pyright: ignore[reportMissingTypeStubs]

from pettingllms.cache.store.disk import ForeignRowError
from pettingllms.cache.store.opening import (
    Database,
    disk_full,
    durable_transaction,
    is_disk_full,
    open_database,
    write_error,
)
from pettingllms.cache.store.packing import pack, unpack
from pettingllms.cache.store.reading import SCHEMA_KEY, contents_of
from pettingllms.errors import CollectError

log = logging.getLogger(__name__)

_BALLAST_BYTES = 4 * 1024 * 1024
_GATHER_S = 0.002
"""What comes so soon after the first shares its transaction, which costs as much as ten answers."""


@dataclass(frozen=True, slots=True)
class StoredValue:
    """One content as the store holds it: None where it is damaged, `packed_bytes` on the disk."""

    key: str
    content: bytes | None
    packed_bytes: int


@dataclass(frozen=True, slots=True)
class _Write:
    key: str
    packed: bytes
    done: asyncio.Future[None]


class Store:
    """Contents by key.

    `get` reads inline (microseconds); `put` returns once the content is on the disk. One
    instance serves one process; several processes may share the folder.
    Raises, at opening: CacheError (unwritable, or written by a newer version).
    """

    _STOP: ClassVar[None] = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened = open_database(folder)
        self._cache: Database = self._opened.cache
        self._ballast = folder / "ballast"
        self._refill_ballast()
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_forever, name="cache", daemon=True)
        self._start_writer()

    def get(self, key: str) -> bytes | None:
        """The content kept under `key`, or None; a damaged or foreign entry is a miss."""
        try:
            packed = cast("bytes | None", self._cache.get(key.encode()))
        except (ForeignRowError, sqlite3.DatabaseError) as error:
            log.warning("Cache entry %s does not read (%r): passed over.", key, error)
            return None
        return None if packed is None else unpack(key, packed)

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is kept of `keys`, in a tenth of the time that `get` takes for each."""
        try:
            return contents_of(self._cache._sql, keys)
        except sqlite3.DatabaseError as error:
            log.warning("The cache does not read (%r): passed over.", error)
            return {}

    def _start_writer(self) -> None:
        try:
            self._writer.start()
        except RuntimeError as error:  # no more threads for this user
            self._opened.close()
            raise write_error(self.folder, error) from error

    async def put(self, key: str, content: bytes) -> None:
        """Keep `content`. Raises: DiskFullError, CacheError; then it is not kept."""
        if not self._writer.is_alive():
            raise write_error(self.folder, ValueError("it is closed"))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Not in the thread, where each step that lets go of the interpreter waits for it again.
        try:
            packed = pack(key, content)
        except Exception as error:  # as what fails there
            raise write_error(self.folder, error) from error
        self._writes.put(_Write(key, packed, done))
        await done

    def __len__(self) -> int:
        return len(self._cache) - 1

    def close(self) -> None:
        """Wait for what is being written, then close."""
        self._writes.put(self._STOP)
        self._writer.join()
        self._opened.close()

    def _write_forever(self) -> None:
        while (first := self._writes.get()) is not None:
            time.sleep(_GATHER_S)
            batch = [first, *self._gathered()]
            error = self._commit(batch)
            _settle_all([write.done for write in batch], error)
        self._cache.close()

    def _gathered(self) -> list[_Write]:
        """What else waits by now; a stop among it is put back for the next round."""
        gathered: list[_Write] = []
        # What came while the last transaction waited for the disk shares the next one.
        with suppress(queue.Empty):
            while (write := self._writes.get_nowait()) is not None:
                gathered.append(write)
            self._writes.put(self._STOP)
        return gathered

    def _commit(self, batch: list[_Write]) -> CollectError | None:
        """One transaction. On a full disk the ballast is given up, so that it still fits. Whatever
        goes wrong is told to those who wait: a writer that ended would let them wait for ever."""
        try:
            self._commit_once(batch)
        except Exception as error:  # noqa: BLE001 - see above
            if not is_disk_full(error) or not self._drop_ballast():
                return write_error(self.folder, error)
            # It fits now, and the run is to end all the same: the next batch would find no ballast.
            return self._commit(batch) or disk_full(self.folder)
        return None

    def _commit_once(self, batch: list[_Write]) -> None:
        now = time.time()
        rows = [(write.key.encode(), now, now, write.packed) for write in batch]
        with durable_transaction(self._cache) as connection:
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                together = rows[start : start + _ROWS_AT_ONCE]
                connection.execute(_write_statement(len(together)), [*chain(*together)])

    def _refill_ballast(self) -> None:
        """Room set aside for the answers that are on their way when the disk fills up."""
        if self._ballast.exists():
            return
        try:
            self._ballast.write_bytes(bytes(_BALLAST_BYTES))
        except OSError as error:
            self._ballast.unlink(missing_ok=True)
            raise write_error(self.folder, error) from error

    def _drop_ballast(self) -> bool:
        with suppress(FileNotFoundError):
            self._ballast.unlink()
            return True
        return False

    def last_row(self) -> int:
        """The highest number of a row. Raises: CacheError."""
        try:
            return self._cache._sql("SELECT max(rowid) FROM Cache").fetchone()[0] or 0
        except sqlite3.Error as error:
            raise write_error(self.folder, error) from error

    def entries(self, after: int = 0) -> Iterator[StoredValue]:
        """Every entry behind the row `after`, oldest first, in short reads: others may write
        meanwhile, and what they add may be among them. Foreign rows are passed over. Raises:
        CacheError."""
        number = after
        # Not one long read: while a reader is at it, SQLite's log cannot be folded back and grows.
        while page := self._page_after(number):
            for number, key, packed in page:  # noqa: B007 - the last one is where the next starts
                name = key.decode(errors="replace")
                yield StoredValue(name, unpack(name, packed), len(packed))

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is kept under `keys`, durably, some at a time, so that other writers get
        their turn. Raises: CacheError, DiskFullError."""
        left = iter(keys)
        try:
            while batch := tuple(islice(left, _PAGE_ROWS)):
                with durable_transaction(self._cache):
                    for key in batch:
                        self._cache.delete(key.encode())
        except (sqlite3.Error, OSError, Timeout) as error:
            raise write_error(self.folder, error) from error

    def _page_after(self, number: int) -> list[tuple[int, bytes, bytes]]:
        try:
            rows = self._cache._sql(_PAGE_AFTER, (number, SCHEMA_KEY, _PAGE_ROWS))
            return rows.fetchall()
        except sqlite3.Error as error:
            raise write_error(self.folder, error) from error


_ROWS_AT_ONCE = 200
_INSERT = "INSERT INTO Cache (key, raw, store_time, access_time, size, mode, value) VALUES"
_A_ROW = "(?, 1, ?, ?, 0, 1, ?)"
_OR_REPLACE = """
ON CONFLICT (key, raw) DO UPDATE SET store_time = excluded.store_time, expire_time = NULL,
mode = 1, filename = NULL, value = excluded.value
"""


@lru_cache
def _write_statement(rows: int) -> str:
    """What `Cache.set` does, for many. In one statement: at each step of one the writer lets go of
    the interpreter, and waits until the event loop, where it is busy, gives it back."""
    return f"{_INSERT} {','.join([_A_ROW] * rows)} {_OR_REPLACE}"


_PAGE_ROWS = 200
_PAGE_AFTER = """
SELECT rowid, key, value FROM Cache WHERE rowid > ? AND key <> ? AND mode = 1 AND raw = 1
AND filename IS NULL AND typeof(key) = 'blob' AND typeof(value) = 'blob' ORDER BY rowid LIMIT ?
"""


def _settle_all(waiting: Sequence[asyncio.Future[None]], error: CollectError | None) -> None:
    """One wake-up for each event loop, however many of its tasks wait."""
    for loop, of_loop in groupby(waiting, lambda done: done.get_loop()):
        with suppress(RuntimeError):  # the loop has gone; so has whoever waited
            loop.call_soon_threadsafe(_settle, tuple(of_loop), error)


def _settle(waiting: Sequence[asyncio.Future[None]], error: CollectError | None) -> None:
    for done in waiting:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
