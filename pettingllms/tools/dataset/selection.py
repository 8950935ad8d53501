"""Which answers are rows of a data set: a state for each, which follows from the index alone.

The gates are passed in order: the newest verdict accepts it, it meets no benchmark, no accepted
answer before it has the same code, or nearly the same, and each balance has room for it. Only what
new sightings touch is looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pettingllms.tools.dataset.index import SELECTED_BY, DatasetIndex

Kind = Literal["problem", "language", "difficulty"]

_LAST_NAME = b"\xff" * 17


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many rows of each problem, language or difficulty; which ones is up to a hash, so
    that they are a fair sample of all nights."""

    kind: Kind
    rows: int


_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS moved (id INTEGER PRIMARY KEY, passed INTEGER, state TEXT);
CREATE TEMP TABLE IF NOT EXISTS groups (
    cap INTEGER, value, PRIMARY KEY (cap, value)) WITHOUT ROWID;
"""
_FIND_UNIQUE = """
INSERT INTO moved SELECT id, found = 'unique', iif(found = 'unique', :state, found) FROM (
    SELECT id, passed, state, CASE
        WHEN NOT accepted THEN 'withdrawn'
        WHEN met <> '' THEN 'contaminated'
        WHEN row_number() OVER (
            PARTITION BY code, accepted AND met = '' ORDER BY place) > 1 THEN 'duplicate'
        WHEN EXISTS (
            SELECT 1 FROM alike JOIN answers AS o ON o.id = other WHERE alike.id = a.id
            AND o.accepted AND o.met = '' AND o.place < a.place) THEN 'near_duplicate'
        ELSE 'unique' END AS found
    FROM answers AS a WHERE code IN (SELECT code FROM touched))
WHERE (found = 'unique') <> (passed > 0) OR (found <> 'unique' AND state IS NOT found)
"""
_STALE = """
INSERT INTO days SELECT DISTINCT day, 1, NULL FROM moved JOIN answers USING (id) WHERE true
ON CONFLICT DO UPDATE SET is_stale = 1
"""


_COUNT_PROBLEMS = """
INSERT INTO problems SELECT problem, sum(more) FROM (
    SELECT problem, (moved.passed = :gates) - (answers.passed = :gates) AS more
    FROM moved JOIN answers USING (id))
WHERE true GROUP BY problem HAVING sum(more) <> 0
ON CONFLICT DO UPDATE SET rows = rows + excluded.rows
"""


def gates(caps: Sequence[Cap]) -> int:
    """How many a row has passed."""
    return 1 + len(caps)


def select(index: DatasetIndex, caps: Sequence[Cap]) -> None:
    """Bring the states up to date, inside of a transaction of the index."""
    database = index.database
    for statement in filter(str.strip, _TABLES.split(";")):
        database.execute(statement)
    _index_for(index, caps)
    if index.fact(SELECTED_BY) != repr(caps):
        database.execute("UPDATE answers SET passed = 0, state = NULL")
        index.forget_problems()
        database.execute(
            "INSERT OR IGNORE INTO touched SELECT code FROM answers WHERE code IS NOT NULL"
        )
        index.mark_all_stale()
        index.set_fact(SELECTED_BY, repr(caps))
    database.execute(_FIND_UNIQUE, {"state": "surplus" if caps else "kept"})
    database.execute("DELETE FROM touched")
    _move(index, caps)
    for level, cap in enumerate(caps, start=1):
        _apply(index, level, cap, is_last=level == len(caps))
        _move(index, caps)
    database.execute("DELETE FROM groups")


def _index_for(index: DatasetIndex, caps: Sequence[Cap]) -> None:
    for kind in {cap.kind for cap in caps}:
        for first, second in (("name", "passed"), ("passed", "name")):
            index.database.execute(
                f"CREATE INDEX IF NOT EXISTS by_{kind}_{first}"
                f" ON answers ({kind}, {first}, {second}) WHERE code IS NOT NULL"
            )


def _apply(index: DatasetIndex, level: int, cap: Cap, *, is_last: bool) -> None:
    """Of each touched group, those of the least names pass."""
    database, of_group = index.database, f"{cap.kind} = ? AND code IS NOT NULL"
    touched = database.execute("SELECT value FROM groups WHERE cap = ?", (level,)).fetchall()
    for (value,) in touched:
        found = database.execute(
            f"SELECT name FROM answers INDEXED BY by_{cap.kind}_name"  # noqa: S608 - words of ours
            f" WHERE {of_group} AND passed >= ? ORDER BY name LIMIT 1 OFFSET ?",
            (value, level, cap.rows - 1),
        ).fetchone()
        last = found[0] if found else _LAST_NAME
        state = "kept" if is_last else "surplus"
        for passed, new_state, condition in (
            (level + 1, state, "passed = ? AND name <= ?"),
            (level, "surplus", "passed > ? AND name > ?"),
        ):
            database.execute(
                f"INSERT INTO moved SELECT id, ?, ? FROM answers INDEXED BY by_{cap.kind}_passed"  # noqa: S608 - words of ours
                f" WHERE {of_group} AND {condition}",
                (passed, new_state, value, level, last),
            )


def _move(index: DatasetIndex, caps: Sequence[Cap]) -> None:
    """Give the moved their states; their groups are touched, and their days stale."""
    database = index.database
    database.execute(_COUNT_PROBLEMS, {"gates": gates(caps)})
    database.execute(
        "UPDATE answers SET (passed, state) ="
        " (SELECT passed, state FROM moved WHERE moved.id = answers.id)"
        " WHERE id IN (SELECT id FROM moved)"
    )
    for level, cap in enumerate(caps, start=1):
        database.execute(
            f"INSERT OR IGNORE INTO groups SELECT ?, {cap.kind} FROM moved JOIN answers USING (id)",  # noqa: S608 - words of ours
            (level,),
        )
    database.execute(_STALE)
    database.execute("DELETE FROM moved")
