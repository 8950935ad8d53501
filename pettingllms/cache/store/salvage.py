"""What still reads of a damaged database goes into a new one that takes its place.

At no moment is an answer in no file: the new database is made beside the damaged one, whole and
under a name of its own, before the damaged one is set aside. Whoever is killed in between leaves
the work to the next one who opens the folder.
"""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

DATABASE = "cache.db"
_BEING_MADE, _MADE = "salvaging", "salvaged"
_SIDE_FILES = ("-wal", "-shm")
_COPIED_AT_ONCE = 200

Row = tuple[bytes, bytes]
MakeNew = Callable[[Path], Any]
"""Makes an empty database in a folder; what it returns has `set`, `__len__` and `close`."""
AddRows = Callable[[Any, tuple[Row, ...]], None]


def salvage(folder: Path, why: Exception, make_new: MakeNew, add_rows: AddRows) -> None:
    """Put a new database in the place of the damaged one in `folder`. Nobody else may use it.

    Raises: OSError, sqlite3.Error of the new one.
    """
    place = folder / _BEING_MADE
    shutil.rmtree(place, ignore_errors=True)
    with closing(make_new(place)) as new:
        empty_page = (place / DATABASE).read_bytes()
        rows = _rows_of(folder / DATABASE, empty_page, place / "repaired.db")
        while batch := tuple(islice(rows, _COPIED_AT_ONCE)):
            add_rows(new, batch)
        kept = len(new) - 1  # the schema's row is no answer
    # From here on whoever opens the folder finishes the work, if this process is killed.
    place.rename(folder / _MADE)
    damaged = finish(folder)
    log.warning(
        "The cache in %s is damaged (%s). It is set aside as %s; %d of its answers still read"
        " and are kept.", folder, why, damaged.name, kept,
    )  # fmt: skip


def is_unfinished(folder: Path) -> bool:
    """Whether somebody was killed who had salvaged all, and not put it in its place."""
    return (folder / _MADE / DATABASE).is_file()


def finish(folder: Path) -> Path:
    """Set the damaged database aside, and put the new one in its place. Raises: OSError."""
    damaged = _name_for(folder)
    # The log first: an old log beside a new database would be played into it.
    for suffix in (*_SIDE_FILES, ""):
        with suppress(FileNotFoundError):
            (folder / f"{DATABASE}{suffix}").rename(f"{damaged}{suffix}")
    (folder / _MADE / DATABASE).rename(folder / DATABASE)
    shutil.rmtree(folder / _MADE)
    return damaged


def _name_for(folder: Path) -> Path:
    """Above all names that were given: a number is free again when its file is deleted, but one
    in the middle must not be taken for the next."""
    numbers = (re.match(r"damaged-(\d+)\.db", path.name) for path in folder.iterdir())
    given = [int(number[1]) for number in numbers if number]
    return folder / f"damaged-{max(given, default=-1) + 1}.db"


def _rows_of(damaged: Path, fresh: bytes, repaired: Path) -> Iterator[Row]:
    """Where none read as it stands, the page that says what is where may be to blame: it is the
    same in every database of ours, so that of a `fresh` one is tried in a copy."""
    _pad_to_its_length(damaged)
    found = False
    for row in _readable_rows(damaged):
        found = True
        yield row
    if not found:
        _with_first_page_of(fresh, damaged, repaired)
        yield from _readable_rows(repaired)
        _delete(repaired)


def _readable_rows(damaged: Path) -> Iterator[Row]:
    """Row by row, since one bad page ends a scan. The checksums sort out the rest."""
    with closing(sqlite3.connect(damaged)) as database:
        if not _has_rows(database):
            return
        for number in range(1, _highest_row(damaged, database) + 1):
            with suppress(sqlite3.DatabaseError):
                row = database.execute(_ROW_BY_NUMBER, (number,)).fetchone()
                if row is not None and all(isinstance(field, bytes) for field in row):
                    yield row


def _has_rows(database: sqlite3.Connection) -> bool:
    """Whether the table can be found at all."""
    try:
        database.execute("SELECT key, value, mode, raw FROM Cache LIMIT 0")
    except sqlite3.DatabaseError:
        return False
    return True


def _highest_row(damaged: Path, database: sqlite3.Connection) -> int:
    """As many as the file has room for, or more where some were deleted since."""
    highest = damaged.stat().st_size // _SMALLEST_ROW_BYTES
    with suppress(sqlite3.DatabaseError):
        found = database.execute("SELECT max(rowid) FROM Cache").fetchone()[0] or 0
        highest = max(highest, min(found, _MOST_ROWS))
    return highest


_ROW_BY_NUMBER = "SELECT key, value FROM Cache WHERE rowid = ? AND mode = 1 AND raw = 1"
_SMALLEST_ROW_BYTES = 100
_MOST_ROWS = 10**8
"""What is damaged may say anything of its rows."""
_PAGE_SIZE = slice(16, 18)
_SIZE_IN_PAGES = slice(28, 32)
_MAGIC = b"SQLite format 3"
_LARGEST_PADDING = 2**40


def _pad_to_its_length(database: Path) -> None:
    """SQLite reads nothing of a file that is shorter than its own header says."""
    with database.open("r+b") as file:
        header = file.read(32)
        page_bytes = int.from_bytes(header[_PAGE_SIZE], "big")
        length = page_bytes * int.from_bytes(header[_SIZE_IN_PAGES], "big")
        if header.startswith(_MAGIC) and length < _LARGEST_PADDING:
            file.truncate(max(length, database.stat().st_size))


def _with_first_page_of(fresh: bytes, damaged: Path, repaired: Path) -> None:
    """A copy of `damaged` that begins as `fresh`, but for its size."""
    shutil.copyfile(damaged, repaired)
    page_bytes = int.from_bytes(fresh[_PAGE_SIZE], "big")
    pages = repaired.stat().st_size // page_bytes
    first = bytearray(fresh[:page_bytes])
    first[_SIZE_IN_PAGES] = pages.to_bytes(4, "big")
    with repaired.open("r+b") as file:
        file.write(first)
        file.truncate(max(1, pages) * page_bytes)


def _delete(database: Path) -> None:
    for suffix in ("", *_SIDE_FILES):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
