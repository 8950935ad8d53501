"""Opens a database, or what still reads of a damaged one."""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, cast

from diskcache import Cache  # pyright: ignore[reportMissingTypeStubs]
from diskcache.core import DBNAME  # pyright: ignore[reportMissingTypeStubs]

from pettingllms.cache.store.disk import BytesDisk, ForeignRowError
from pettingllms.errors import CacheError, CollectError, DiskFullError

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
SCHEMA_KEY = b"schema"
_SETTINGS: Mapping[str, Any] = {
    "eviction_policy": "none",
    "cull_limit": 0,
    "size_limit": 2**62,
    "statistics": 0,
    "tag_index": 0,
    "disk_min_file_size": 2**62,
    "sqlite_synchronous": 1,
    "sqlite_cache_size": 1024,
    "sqlite_mmap_size": 0,
}
"""Given at every open: a plain open elsewhere rewrites what the file remembers. Each open writes
them, in forty commits that need not wait for the disk; see `durable_transaction`."""


Database = Any
"""A diskcache.Cache; the library ships no types."""


def is_store(folder: Path) -> bool:
    """Whether there is one in `folder` already."""
    return (folder / DBNAME).is_file()


def open_database(folder: Path) -> Database:
    """Raises: CacheError where it is unwritable or of a newer version, DiskFullError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        cache = _opened(folder)
    except (OSError, sqlite3.OperationalError) as error:
        raise write_error(folder, error) from error
    _check_schema(folder, cache)
    return cache


@contextmanager
def durable_transaction(database: Database) -> Generator[sqlite3.Connection]:
    """What is written in it is on the disk when it ends. Raises: sqlite3.Error, Timeout."""
    connection = cast("sqlite3.Connection", database._con)
    connection.execute("PRAGMA synchronous=FULL")
    with database.transact(retry=False):
        yield connection


def _opened(folder: Path) -> Database:
    try:
        return _connect(folder)
    except (sqlite3.DatabaseError, ForeignRowError) as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        return _salvage(folder, error)


def _connect(folder: Path) -> Database:
    cache: Database = Cache(str(folder), disk=BytesDisk, **_SETTINGS)
    cache._sql("SELECT count(*) FROM Cache").fetchall()
    return cache


def _salvage(folder: Path, error: Exception) -> Database:
    """Set a damaged database aside, and copy what still reads into a new one."""
    damaged = _set_aside(folder)
    cache = _connect(folder)
    rows = _readable_rows(damaged)
    while batch := tuple(islice(rows, _COPIED_AT_ONCE)):
        with durable_transaction(cache):
            for key, value in batch:
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


_ROW_BY_NUMBER = "SELECT key, value FROM Cache WHERE rowid = ? AND mode = 1 AND raw = 1"
_SMALLEST_ROW_BYTES = 100
_COPIED_AT_ONCE = 200


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


def _check_schema(folder: Path, cache: Database) -> None:
    try:
        found = cast("bytes | None", cache.get(SCHEMA_KEY))
    except ForeignRowError:
        found = None
    if found is None or not found.isdigit():
        cache.set(SCHEMA_KEY, str(SCHEMA_VERSION).encode())
    elif int(found) > SCHEMA_VERSION:
        cache.close()
        raise CacheError(
            f"The cache in {folder} was written by a newer version (schema {int(found)}, this"
            f" one reads up to {SCHEMA_VERSION}).",
            "Update this program, or name another folder with --cache-dir.",
        )


def is_disk_full(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    )


def write_error(folder: Path, error: Exception) -> CollectError:
    if is_disk_full(error):
        return disk_full(folder)
    return CacheError(
        f"The cache folder {folder} cannot be used: {error}.",
        "Make it writable, or name another one with --cache-dir.",
    )


def disk_full(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds the cache {folder} is full.",
        "Free some space and run again: every answer that arrived is kept.",
    )
