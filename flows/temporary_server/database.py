"""Prefect's database, for a temporary server: one that no other server has open.

Two servers over one SQLite file wait for each other, and end in `database is locked`; and what is
tried by hand is no matter of whoever looks at the first one.
"""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pettingllms.files.locks import byte_lock, locked_as
from pettingllms.files.sqlite import read_only

_HELD_WHILE_OPEN = 128
"""The byte of the `-shm` file that each process with the database open has a lock on: its "dead
man switch", https://www.sqlite.org/walformat.html."""


def free_database(usual: Path) -> Path:
    """`usual`; where a server has that open, the first beside it that none has."""
    beside = (usual.with_name(f"sft-collect-{number}.db") for number in count(1))
    return usual if not _is_open(usual) else next(own for own in beside if not _is_open(own))


@dataclass(frozen=True)
class Migrations:
    """Whether a `database` is as this version of Prefect's server wants it, by a `note` of its last
    start: to load what migrates one, and to find that there is nothing to do, takes a tenth of the
    start and a quarter of the server's memory."""

    database: Path
    note: Path

    def are_done(self) -> bool:
        with suppress(OSError):
            return self.note.read_text() == self._revision() != ""
        return False

    def note_done(self) -> None:
        """Of a server that is ready. Where it cannot be noted, the next one looks again."""
        with suppress(OSError):
            self.note.write_text(self._revision())

    def _revision(self) -> str:
        """Alembic's, of the database's tables; "" where there is none."""
        with suppress(sqlite3.Error), closing(read_only(self.database)) as database:
            rows = database.execute("SELECT version_num FROM alembic_version").fetchall()
            return " ".join(str(revision) for (revision,) in rows)
        return ""


def _is_open(path: Path) -> bool:
    """By any process, of whoever may read the file."""
    try:
        with path.with_name(f"{path.name}-shm").open("rb") as file:
            asked = byte_lock(fcntl.F_WRLCK, _HELD_WHILE_OPEN)
            return locked_as(fcntl.fcntl(file, fcntl.F_GETLK, asked)) != fcntl.F_UNLCK
    except OSError:
        return False
