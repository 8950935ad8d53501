"""A durable store of bytes by key, on diskcache, that trusts nothing it reads.

A diskcache.Cache behind a `Disk` that stores and reads bytes only: diskcache unpickles what it
finds (CVE-2025-69872), this never does. Nothing is evicted. Writes go through one thread that
commits whatever has gathered in one transaction, and return when it is durable. Each entry
carries a checksum, so that a damaged file yields misses, never wrong contents.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
import queue
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from diskcache import Cache, Disk, Timeout  # pyright: ignore[reportMissingTypeStubs]
from diskcache.core import DBNAME, MODE_RAW  # pyright: ignore[reportMissingTypeStubs]

from pettingllms.errors import CacheError, CollectError, DiskFullError

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
_SCHEMA_KEY = b"schema"
_DIGEST_BYTES = 16
_BALLAST_BYTES = 4 * 1024 * 1024
_SETTINGS: Mapping[str, Any] = {
    "eviction_policy": "none",
    "cull_limit": 0,
    "size_limit": 2**62,
    "statistics": 0,
    "tag_index": 0,
    "disk_min_file_size": 2**62,
    "sqlite_synchronous": 2,
    "sqlite_mmap_size": 0,
}
"""Given at every open: a plain open elsewhere rewrites what the file remembers."""


class BytesDisk(Disk):
    """Keys and values are bytes inside the database; every other kind of row is refused."""

    def put(self, key: Any) -> tuple[memoryview, Literal[True]]:
        if not isinstance(key, bytes):
            raise TypeError("keys are bytes")
        return memoryview(key), True

    def get(self, key: Any, raw: Any) -> bytes:
        if raw != 1 or not isinstance(key, bytes):
            raise _ForeignRowError
        return key

    def store(
        self, value: Any, read: bool, key: Any = None
    ) -> tuple[Literal[0], Literal[1], None, memoryview]:
        if read or not isinstance(value, bytes):
            raise TypeError("values are bytes")
        return 0, MODE_RAW, None, memoryview(value)

    def fetch(self, mode: Any, filename: Any, value: Any, read: Any) -> bytes:
        if mode != MODE_RAW or filename is not None or not isinstance(value, bytes):
            raise _ForeignRowError
        return value

    def remove(self, file_path: Any) -> None:
        """No row of ours names a file; one that does is not followed."""


_Database = Any
"""A diskcache.Cache; the library ships no types."""


class _ForeignRowError(Exception):
    """A row that this module did not write."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One content as the store holds it: None where it is damaged, `packed_bytes` on the disk."""

    key: str
    content: bytes | None
    packed_bytes: int


@dataclass(frozen=True, slots=True)
class _Write:
    key: str
    content: bytes
    done: asyncio.Future[None]


def is_store(folder: Path) -> bool:
    """Whether there is one in `folder` already."""
    return (folder / DBNAME).is_file()


class Store:
    """Contents by key.

    `get` reads inline (microseconds); `put` returns once the content is on the disk. One
    instance serves one process; several processes may share the folder.
    Raises, at opening: CacheError (unwritable, or written by a newer version).
    """

    _STOP: ClassVar[None] = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: _Database = _open(folder)
        self._ballast = folder / "ballast"
        self._refill_ballast()
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_forever, name="cache", daemon=True)
        self._writer.start()

    def get(self, key: str) -> bytes | None:
        """The content kept under `key`, or None; a damaged or foreign entry is a miss."""
        try:
            packed = cast("bytes | None", self._cache.get(key.encode()))
        except (_ForeignRowError, sqlite3.DatabaseError) as error:
            log.warning("Cache entry %s does not read (%r): passed over.", key, error)
            return None
        return None if packed is None else unpack(key, packed)

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is kept of `keys`, in a tenth of the time that `get` takes for each."""
        found: dict[str, bytes] = {}
        for start in range(0, len(keys), _MOST_VARIABLES):
            for key, packed in self._rows(keys[start : start + _MOST_VARIABLES]):
                content = unpack(key, packed)
                if content is not None:
                    found[key] = content
        return found

    def _rows(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Rows that this module wrote; none where the file does not read."""
        query = f"{_ROWS_BY_KEY} ({','.join('?' * len(keys))})"
        try:
            rows = self._cache._sql(query, [key.encode() for key in keys]).fetchall()
        except sqlite3.DatabaseError as error:
            log.warning("The cache does not read (%r): passed over.", error)
            return
        for key, value in rows:
            if isinstance(key, bytes) and isinstance(value, bytes):
                yield key.decode(), value

    async def put(self, key: str, content: bytes) -> None:
        """Keep `content`. Raises: DiskFullError, CacheError; then it is not kept."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writes.put(_Write(key, content, done))
        await done

    def __len__(self) -> int:
        return len(self._cache) - 1

    def close(self) -> None:
        """Wait for what is being written, then close."""
        self._writes.put(self._STOP)
        self._writer.join()
        self._cache.close()

    def _write_forever(self) -> None:
        while (first := self._writes.get()) is not None:
            batch = [first, *self._gathered()]
            error = self._commit(batch)
            _settle_all([write.done for write in batch], error)
        self._cache.close()

    def _gathered(self) -> list[_Write]:
        """What else waits by now; a stop among it is put back for the next round."""
        gathered: list[_Write] = []
        with suppress(queue.Empty):
            while (write := self._writes.get_nowait()) is not None:
                gathered.append(write)
            self._writes.put(self._STOP)
        return gathered

    def _commit(self, batch: list[_Write]) -> CollectError | None:
        """One transaction. On a full disk the ballast is given up, so that it still fits."""
        try:
            self._commit_once(batch)
        except (sqlite3.Error, OSError, Timeout) as error:
            if not _is_disk_full(error) or not self._drop_ballast():
                return _write_error(self.folder, error)
            return self._commit(batch) or _disk_full(self.folder)
        return None

    def _commit_once(self, batch: list[_Write]) -> None:
        now = time.time()
        rows = [(write.key.encode(), now, now, pack(write.key, write.content)) for write in batch]
        with self._cache.transact(retry=False):
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                together = rows[start : start + _ROWS_AT_ONCE]
                self._cache._con.execute(_write_statement(len(together)), [*chain(*together)])

    def _refill_ballast(self) -> None:
        """Room set aside for the answers that are on their way when the disk fills up."""
        if self._ballast.exists():
            return
        try:
            self._ballast.write_bytes(bytes(_BALLAST_BYTES))
        except OSError as error:
            self._ballast.unlink(missing_ok=True)
            raise _write_error(self.folder, error) from error

    def _drop_ballast(self) -> bool:
        with suppress(FileNotFoundError):
            self._ballast.unlink()
            return True
        return False

    def entries(self) -> Iterator[Entry]:
        """Every entry, oldest first, in short reads: others may write meanwhile, and what they
        add may be among them. Foreign rows are passed over. Raises: CacheError."""
        number = 0
        while page := self._page_after(number):
            for number, key, packed in page:  # noqa: B007 - the last one is where the next starts
                name = key.decode(errors="replace")
                yield Entry(name, unpack(name, packed), len(packed))

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is kept under `keys`, durably, some at a time, so that other writers get
        their turn. Raises: CacheError, DiskFullError."""
        left = iter(keys)
        try:
            while batch := tuple(islice(left, _PAGE_ROWS)):
                with self._cache.transact(retry=False):
                    for key in batch:
                        self._cache.delete(key.encode())
        except (sqlite3.Error, OSError, Timeout) as error:
            raise _write_error(self.folder, error) from error

    def _page_after(self, number: int) -> list[tuple[int, bytes, bytes]]:
        try:
            rows = self._cache._sql(_PAGE_AFTER, (number, _SCHEMA_KEY, _PAGE_ROWS))
            return rows.fetchall()
        except sqlite3.Error as error:
            raise _write_error(self.folder, error) from error


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


def _open(folder: Path) -> _Database:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        cache = _open_database(folder)
    except (OSError, sqlite3.OperationalError) as error:
        raise _write_error(folder, error) from error
    _check_schema(folder, cache)
    return cache


def _open_database(folder: Path) -> _Database:
    try:
        return _connect(folder)
    except (sqlite3.DatabaseError, _ForeignRowError) as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        return _salvage(folder, error)


def _connect(folder: Path) -> _Database:
    cache: _Database = Cache(str(folder), disk=BytesDisk, **_SETTINGS)
    cache._sql("SELECT count(*) FROM Cache").fetchall()
    return cache


def _salvage(folder: Path, error: Exception) -> _Database:
    """Set a damaged database aside, and copy what still reads into a new one."""
    damaged = _set_aside(folder)
    cache = _connect(folder)
    for key, value in _readable_rows(damaged):
        cache.set(key, value)
    log.warning(
        "The cache in %s is damaged (%s). It is set aside as %s; %d of its answers still read"
        " and are kept.", folder, error, damaged.name, len(cache),
    )  # fmt: skip
    return cache


def _readable_rows(damaged: Path) -> Iterator[tuple[bytes, bytes]]:
    """Row by row, since one bad page ends a scan. The checksums sort out the rest."""
    _pad_to_its_length(damaged)
    with closing(sqlite3.connect(damaged)) as database:
        for number in range(1, damaged.stat().st_size // _SMALLEST_ROW_BYTES):
            with suppress(sqlite3.DatabaseError):
                row = database.execute(_ROW_BY_NUMBER, (number,)).fetchone()
                if row is not None and all(isinstance(field, bytes) for field in row):
                    yield row


_ROWS_BY_KEY = (
    "SELECT key, value FROM Cache WHERE mode = 1 AND raw = 1 AND filename IS NULL AND key IN"
)
_MOST_VARIABLES = 500
_ROW_BY_NUMBER = "SELECT key, value FROM Cache WHERE rowid = ? AND mode = 1 AND raw = 1"
_SMALLEST_ROW_BYTES = 100


def _pad_to_its_length(database: Path) -> None:
    """SQLite reads nothing of a file that is shorter than its own header says."""
    with database.open("r+b") as file:
        header = file.read(32)
        page_bytes = int.from_bytes(header[16:18], "big")
        length = page_bytes * int.from_bytes(header[28:32], "big")
        if header.startswith(b"SQLite format 3") and length < _LARGEST_PADDING:
            file.truncate(max(length, database.stat().st_size))


_LARGEST_PADDING = 2**40


def _set_aside(folder: Path) -> Path:
    number = len(list(folder.glob("damaged-*.db")))
    damaged = folder / f"damaged-{number}.db"
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            (folder / f"cache.db{suffix}").rename(f"{damaged}{suffix}")
    return damaged


def _check_schema(folder: Path, cache: _Database) -> None:
    try:
        found = cast("bytes | None", cache.get(_SCHEMA_KEY))
    except _ForeignRowError:
        found = None
    if found is None or not found.isdigit():
        cache.set(_SCHEMA_KEY, str(SCHEMA_VERSION).encode())
    elif int(found) > SCHEMA_VERSION:
        cache.close()
        raise CacheError(
            f"The cache in {folder} was written by a newer version (schema {int(found)}, this"
            f" one reads up to {SCHEMA_VERSION}).",
            "Update this program, or name another folder with --cache-dir.",
        )


def pack(key: str, content: bytes) -> bytes:
    """A checksum (over the key too), then the zipped content."""
    packed = zlib.compress(content, 1)
    return _digest(key.encode() + packed) + packed


def unpack(key: str, packed: bytes) -> bytes | None:
    digest, content = packed[:_DIGEST_BYTES], packed[_DIGEST_BYTES:]
    if _digest(key.encode() + content) != digest:
        log.warning("Cache entry %s is damaged: passed over.", key)
        return None
    return zlib.decompress(content)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _is_disk_full(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    )


def _write_error(folder: Path, error: Exception) -> CollectError:
    if _is_disk_full(error):
        return _disk_full(folder)
    return CacheError(
        f"The cache folder {folder} cannot be used: {error}.",
        "Make it writable, or name another one with --cache-dir.",
    )


def _disk_full(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds the cache {folder} is full.",
        "Free some space and run again: every answer that arrived is kept.",
    )
