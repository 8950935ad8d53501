"""What the databases of several processes have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager


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
