"""Rows of a SQLite table: `problems.db`, or `problems.db:TABLE` where there are several."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from urllib.parse import quote

from pettingllms.errors import ProblemFileError
from pettingllms.problems.record import Row, SourceFile
from pettingllms.problems.tables import table_record

SUFFIXES = (".db", ".sqlite", ".sqlite3")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def read_sqlite(file: SourceFile) -> Iterator[Row]:
    """In the table's own order. Raises: ProblemFileError."""
    try:
        with closing(_opened(file)) as database:
            table = _table(file, database)
            quoted = table.replace('"', '""')
            cursor = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a table's own name
            names = [column[0] for column in cursor.description]
            for number, cells in enumerate(cursor, start=1):
                record = dict(zip(names, map(_text, cells), strict=True))
                yield Row(f"{file}:row {number}", partial(table_record, record))
    except sqlite3.Error as error:
        raise ProblemFileError(
            f"{file}: is not SQLite: {error}", "Check that the file is whole."
        ) from error


def _opened(file: SourceFile) -> sqlite3.Connection:
    """To read only, trusting nothing that is in it."""
    address = f"file:{quote(str(file.path.absolute()))}?mode=ro"
    database = sqlite3.connect(address, uri=True, check_same_thread=False)
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def _table(file: SourceFile, database: sqlite3.Connection) -> str:
    names = [name for (name,) in database.execute(_TABLES)]
    if file.member is not None and file.member in names:
        return file.member
    if file.member is None and len(names) == 1:
        return names[0]
    raise ProblemFileError(
        f"{file}: has the tables {', '.join(names) or '(none)'}",
        f"Name one: {file.path}:{names[0] if names else 'TABLE'}",
    )


def _text(cell: object) -> object:
    return cell.decode(errors="replace") if isinstance(cell, bytes) else cell
