"""Prefect's database, for a temporary server: one that no other server has open.

Two servers over one SQLite file wait for each other, and end in `database is locked`; and what is
tried by hand is no matter of whoever looks at the first one.
"""

from __future__ import annotations

import fcntl
from itertools import count
from pathlib import Path

from pettingllms.files.locks import byte_lock, locked_as

_HELD_WHILE_OPEN = 128
"""The byte of the `-shm` file that each process with the database open has a lock on: its "dead
man switch", https://www.sqlite.org/walformat.html."""


def free_database(usual: Path) -> Path:
    """`usual`; where a server has that open, the first beside it that none has."""
    beside = (usual.with_name(f"sft-collect-{number}.db") for number in count(1))
    return usual if not _is_open(usual) else next(own for own in beside if not _is_open(own))


def _is_open(path: Path) -> bool:
    """By any process, of whoever may read the file."""
    try:
        with path.with_name(f"{path.name}-shm").open("rb") as file:
            asked = byte_lock(fcntl.F_WRLCK, _HELD_WHILE_OPEN)
            return locked_as(fcntl.fcntl(file, fcntl.F_GETLK, asked)) != fcntl.F_UNLCK
    except OSError:
        return False
