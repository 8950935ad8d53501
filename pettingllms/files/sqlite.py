"""What the databases of several processes have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


@contextmanager
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """All of the block or nothing of it, while nobody else writes. For a connection that begins
    none by itself (`isolation_level=None`). Raises: sqlite3.Error."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def read_only(path: Path) -> sqlite3.Connection:
    """Writes nothing, to the database or beside it, so that it may be of a disk that cannot be
    written. What other processes have not brought into the file yet is read where their index of
    it (`-shm`) is there; without, SQLite would have to make one. Raises: sqlite3.Error."""
    index = path.with_name(f"{path.name}-shm")
    how = "mode=ro&readonly_shm=1" if index.exists() else "immutable=1"
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?{how}", uri=True)
