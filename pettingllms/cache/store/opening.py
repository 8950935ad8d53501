"""Opens a database, or what still reads of a damaged one."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from diskcache import Cache  # pyright: ignore[reportMissingTypeStubs]

from pettingllms.cache.store import salvage
from pettingllms.cache.store.disk import BytesDisk, ForeignRowError
from pettingllms.cache.store.reading import SCHEMA_KEY, SCHEMA_VERSION, is_of_this_version
from pettingllms.errors import CacheError, CollectError, DiskFullError, reason
from pettingllms.files.locks import SharedLock, alone, try_alone

_IN_USE = "in_use.lock"
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


@dataclass(frozen=True, slots=True)
class OpenDatabase:
    """`in_use` tells others that it must not be set aside."""

    cache: Database
    in_use: SharedLock

    def close(self) -> None:
        self.cache.close()
        self.in_use.release()


def open_database(folder: Path) -> OpenDatabase:
    """One process at a time opens; the others wait for what it finds.

    Raises: CacheError where it is unwritable, of a newer version, or damaged while others use it;
    DiskFullError.
    """
    try:
        _make(folder)
        with alone(folder / "opening.lock"):
            cache = _opened(folder)
            return OpenDatabase(cache, SharedLock(folder / _IN_USE))
    except (OSError, sqlite3.OperationalError) as error:
        raise write_error(folder, error) from error


def _make(folder: Path) -> None:
    """For its owner alone. One that is there already is as its owner wants it."""
    with suppress(FileExistsError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)


@contextmanager
def durable_transaction(database: Database) -> Generator[sqlite3.Connection]:
    """What is written in it is on the disk when it ends. Raises: sqlite3.Error, Timeout."""
    connection = cast("sqlite3.Connection", database._con)
    # diskcache has a connection for each thread: only what is written on this one waits for the
    # disk, not the forty settings of an open.
    connection.execute("PRAGMA synchronous=FULL")
    with database.transact(retry=False):
        yield connection


def _opened(folder: Path) -> Database:
    """Raises: CacheError; sqlite3.OperationalError."""
    if salvage.is_unfinished(folder):
        salvage.finish(folder)
    try:
        return _connect(folder)
    except (sqlite3.DatabaseError, ForeignRowError) as error:
        if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
            raise
        _salvage(folder, error)
        return _connect(folder)


def _is_damage(error: sqlite3.OperationalError) -> bool:
    """A table or a column of ours that is not there: the page that describes them is broken."""
    return str(error).startswith(("no such", "table ", "malformed", "unsupported file format"))


def _connect(folder: Path) -> Database:
    cache: Database = Cache(str(folder), disk=BytesDisk, **_SETTINGS)
    cache._sql("SELECT count(*) FROM Cache").fetchall()
    _check_schema(folder, cache)
    return cache


def _salvage(folder: Path, error: Exception) -> None:
    """Raises: CacheError where others have it open: what they write would be lost with it."""
    with try_alone(folder / _IN_USE) as nobody_uses_it:
        if not nobody_uses_it:
            raise CacheError(
                f"The cache in {folder} is damaged ({error}), and another run has it open.",
                "Run again when that has ended: what still reads is kept then.",
            )
        salvage.salvage(folder, error, _connect, _add_rows)


def _add_rows(cache: Database, rows: tuple[salvage.Row, ...]) -> None:
    with durable_transaction(cache):
        for key, value in rows:
            cache.set(key, value)


def _check_schema(folder: Path, cache: Database) -> None:
    try:
        found = cast("bytes | None", cache.get(SCHEMA_KEY))
    except ForeignRowError:
        found = None
    try:
        if not is_of_this_version(folder, found):
            cache.set(SCHEMA_KEY, str(SCHEMA_VERSION).encode())
    except CacheError:
        cache.close()
        raise


def is_disk_full(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    )


def write_error(folder: Path, error: Exception) -> CollectError:
    if is_disk_full(error):
        return disk_full(folder)
    return CacheError(
        f"The cache folder {folder} cannot be used: {reason(error)}.",
        "Make it writable, or name another one with --cache-dir.",
    )


def disk_full(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds the cache {folder} is full.",
        "Free some space and run again: every answer that arrived is kept.",
    )
