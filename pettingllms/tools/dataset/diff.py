"""What one data set has that another has not: rows, problems, verdicts, and how it was built.

Files that are the same in both are not read; what is compared lies in a database on the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pettingllms.errors import OutputError, reason
from pettingllms.tools.dataset.manifest import Manifest, check_files, read_manifest

_MOST_NAMED = 10
_TABLE = """CREATE TABLE {} (
    answer TEXT PRIMARY KEY, content TEXT, problem TEXT, split TEXT, place TEXT) WITHOUT ROWID"""
_INSERT = "INSERT INTO {} VALUES (?, ?, ?, ?, ?)"
_ADDED = "FROM {} AS one WHERE NOT EXISTS (SELECT 1 FROM {} AS o WHERE o.answer = one.answer)"
_CHANGED = "FROM after AS one JOIN before AS o USING (answer) WHERE o.{0} <> one.{0}"


@dataclass(frozen=True, slots=True)
class Change:
    """How many rows, and the first of them by name."""

    count: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatasetDifference:
    """From one data set to another. `changed` rows are answers of both whose text or metadata is
    another, as after a new verdict; `moved` ones are in the other split. `options` are those that
    differ, each with both values."""

    added: Change
    removed: Change
    changed: Change
    moved: Change
    options: Mapping[str, tuple[object, object]]
    runs_added: int
    runs_removed: int

    @property
    def is_empty(self) -> bool:
        changes = (self.added, self.removed, self.changed, self.moved)
        return not any(change.count for change in changes) and not self.options


def difference(before: Path, after: Path) -> DatasetDifference:
    """Raises: OutputError where one of them is no data set, or has lost a file."""
    old, new = read_manifest(before), read_manifest(after)
    check_files(before, old)
    check_files(after, new)
    same = {(file.path, file.sha256) for file in old.files}
    same &= {(file.path, file.sha256) for file in new.files}
    with closing(sqlite3.connect("", isolation_level=None)) as database:  # a file without a name
        for name, folder, manifest in (("before", before, old), ("after", after, new)):
            database.execute(_TABLE.format(name))
            database.executemany(_INSERT.format(name), _rows(folder, manifest, same))
        return DatasetDifference(
            added=_change(database, _ADDED.format("after", "before")),
            removed=_change(database, _ADDED.format("before", "after")),
            changed=_change(database, _CHANGED.format("content")),
            moved=_change(database, _CHANGED.format("split")),
            options=_options(old, new),
            runs_added=len(_runs(new) - _runs(old)),
            runs_removed=len(_runs(old) - _runs(new)),
        )


def _runs(manifest: Manifest) -> set[str]:
    return {run.digest for run in manifest.runs}


def _options(old: Manifest, new: Manifest) -> dict[str, tuple[object, object]]:
    return {
        name: (old.options.get(name), new.options.get(name))
        for name in sorted(old.options.keys() | new.options.keys())
        if old.options.get(name) != new.options.get(name)
    }


def _rows(
    folder: Path, manifest: Manifest, same: set[tuple[str, str]]
) -> Iterator[tuple[str, str, str, str, str]]:
    for file in manifest.files:
        if file.split or (file.path, file.sha256) in same:
            continue
        path = folder / file.path
        try:
            with path.open("rb") as lines:
                for line in lines:
                    yield _row(orjson.loads(line))
        except (OSError, ValueError, KeyError) as error:
            raise OutputError(
                f"{path} cannot be read: {reason(error)}.", "Build it again."
            ) from error


def _row(line: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    place = f"{line['file']}:{line['row']}"
    split = Path(line["file"]).name.partition("-")[0]
    return line["answer"], line["content"], line["problem_id"], split, place


def _change(database: sqlite3.Connection, rows: str) -> Change:
    (count,) = database.execute(f"SELECT count(*) {rows}").fetchone()
    first = database.execute(
        f"SELECT one.problem || ', ' || one.place {rows} ORDER BY one.problem, one.place LIMIT ?",
        (_MOST_NAMED,),
    )
    return Change(count, tuple(name for (name,) in first))
