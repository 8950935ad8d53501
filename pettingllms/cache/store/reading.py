"""What a store holds, for those who only look: nothing is made, mended or written."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from diskcache.core import DBNAME  # pyright: ignore[reportMissingTypeStubs]

from pettingllms.cache.store.packing import unpack
from pettingllms.errors import CacheError
from pettingllms.files.sqlite import read_only

log = logging.getLogger(__name__)

Query = Callable[[str, Sequence[bytes]], "sqlite3.Cursor"]

_ROWS_BY_KEY = (
    "SELECT key, value FROM Cache WHERE mode = 1 AND raw = 1 AND filename IS NULL AND key IN"
)
_MOST_VARIABLES = 500
SCHEMA_VERSION = 1
SCHEMA_KEY = b"schema"
_SCHEMA = "SELECT value FROM Cache WHERE key = ? AND mode = 1 AND raw = 1"


def is_store(folder: Path) -> bool:
    """Whether there is one in `folder` already."""
    return (folder / DBNAME).is_file()


def look_up(folder: Path, keys: Sequence[str]) -> dict[str, bytes]:
    """What is kept of `keys` in the store in `folder`; nothing where there is none, or where it
    does not read: a run mends it. Raises: CacheError where it is of a newer version."""
    if not is_store(folder):
        return {}
    try:
        with closing(read_only(folder / DBNAME)) as database:
            schema = database.execute(_SCHEMA, (SCHEMA_KEY,)).fetchone()
            is_of_this_version(folder, schema and schema[0])
            return contents_of(database.execute, keys)
    except sqlite3.Error as error:
        log.warning("The cache in %s does not read (%r): taken as empty.", folder, error)
        return {}


def is_of_this_version(folder: Path, schema: object) -> bool:
    """Whether a store says so; it may say nothing. Raises: CacheError where it is newer."""
    if not isinstance(schema, bytes) or not schema.isdigit():
        return False
    if int(schema) > SCHEMA_VERSION:
        raise CacheError(
            f"The cache in {folder} was written by a newer version (schema {int(schema)}, this"
            f" one reads up to {SCHEMA_VERSION}).",
            "Update this program, or name another folder with --cache-dir.",
        )
    return True


def contents_of(query: Query, keys: Sequence[str]) -> dict[str, bytes]:
    """The contents kept under any of `keys`. Raises: sqlite3.Error."""
    rows = (row for some in _in_pieces(keys) for row in _rows(query, some))
    found = ((key, unpack(key, packed)) for key, packed in rows)
    return {key: content for key, content in found if content is not None}


def _in_pieces(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _MOST_VARIABLES):
        yield keys[start : start + _MOST_VARIABLES]


def _rows(query: Query, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Those that a store has written."""
    marks = ",".join("?" * len(keys))
    rows: list[tuple[Any, Any]] = query(
        f"{_ROWS_BY_KEY} ({marks})", [key.encode() for key in keys]
    ).fetchall()
    for key, value in rows:
        if isinstance(key, bytes) and isinstance(value, bytes):
            yield key.decode(), value
