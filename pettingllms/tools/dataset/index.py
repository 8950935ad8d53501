"""What a data set knows: its runs, and each answer once, in an SQLite file beside it.

It holds the rows too, so that a run's files may go once they are in. Everything in it follows from
the runs, in whatever order they are read. Memory does not grow with it.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from pettingllms.errors import DiskFullError, OutputError
from pettingllms.export import Benchmark, SFTMetadata, SFTRow
from pettingllms.export.deduplication import Signatures, digest_of
from pettingllms.files.json import decoder, json_line
from pettingllms.tools.dataset.sightings import RunSource, Sighting

FOLDER = ".sft-index"
SELECTED_BY = "selected by"
"""The fact that says by what options rows are selected; empty where all are to be looked at."""
_KNOWN = (
    "id", "name", "judged", "accepted", "place", "told", "day", "row", "code", "problem",
    "language", "difficulty", "met",
)  # fmt: skip
_CACHE_KIB = 64 * 1024
_WORD = re.compile(r"\w+")
_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, digest BLOB UNIQUE, place BLOB UNIQUE, about TEXT, answers INTEGER);
CREATE TABLE places (name TEXT PRIMARY KEY, version TEXT, source INTEGER) WITHOUT ROWID;
CREATE TABLE answers (
    id INTEGER PRIMARY KEY, name BLOB UNIQUE,
    judged BLOB NOT NULL, accepted INTEGER NOT NULL, -- the verdict's strength, and its run
    place BLOB, day TEXT, told BLOB, row BLOB,
    code BLOB, problem BLOB, language TEXT, difficulty TEXT, met TEXT,
    passed INTEGER NOT NULL DEFAULT 0, state TEXT);
CREATE INDEX answers_code ON answers (code, place) WHERE code IS NOT NULL;
CREATE INDEX answers_day ON answers (day, place) WHERE code IS NOT NULL;
CREATE INDEX answers_problem ON answers (problem) WHERE code IS NOT NULL;
CREATE TABLE signatures (id INTEGER PRIMARY KEY, signature BLOB);
CREATE TABLE bands (band BLOB, id INTEGER, PRIMARY KEY (band, id)) WITHOUT ROWID;
CREATE TABLE alike (id INTEGER, other INTEGER, PRIMARY KEY (id, other)) WITHOUT ROWID;
CREATE TABLE families (member BLOB PRIMARY KEY, family BLOB) WITHOUT ROWID;
CREATE INDEX families_family ON families (family);
CREATE TABLE touched (code BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE problems (problem BLOB PRIMARY KEY, rows INTEGER) WITHOUT ROWID;
CREATE TABLE counts (problems INTEGER);
INSERT INTO counts VALUES (0);
CREATE TRIGGER one_more AFTER INSERT ON problems BEGIN
    UPDATE counts SET problems = problems + (new.rows > 0); END;
CREATE TRIGGER one_other AFTER UPDATE ON problems BEGIN
    UPDATE counts SET problems = problems + (new.rows > 0) - (old.rows > 0); END;
CREATE TABLE days (day TEXT PRIMARY KEY, is_stale INTEGER, about TEXT) WITHOUT ROWID;
"""
"""Of an answer: the strongest verdict, and of such the last, is of the run `judged`; `place` is
where it was first accepted, and `told` the run that accepted it so, whose `row` it is."""

_TOUCH_ALIKE = """
INSERT OR IGNORE INTO touched SELECT o.code FROM answers AS a JOIN alike USING (id)
JOIN answers AS o ON o.id = other WHERE a.code = ? AND o.code IS NOT NULL
"""
_read_row = decoder(SFTRow)
SCHEMA_DIGEST = hashlib.sha256(
    f"{_SCHEMA}{_WORD.pattern}{SFTMetadata.__dataclass_fields__.keys()}".encode()
).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of the data set; `source` begins the digest of the run that it was collected in."""

    name: bytes
    row: SFTRow
    content: bytes
    source: bytes
    language: str


@dataclass(frozen=True, slots=True)
class ContentGates:
    """What is found out of a row when it is read: whether it gives away the `benchmark`, and which
    others it is like, from the share `dedup` of their code on; 1 for equal ones only."""

    benchmark: Benchmark | None = None
    dedup: float = 1.0


class DatasetIndex:
    """Opened by `opened_index`; what is `touched` is still to be selected from, and what is stale
    to be written.

    Raises, wherever it is used: sqlite3.Error, which `told` puts into words.
    """

    def __init__(self, database: sqlite3.Connection, gates: ContentGates) -> None:
        self.database = database
        self._gates = gates
        self._near = Signatures(gates.dedup) if gates.dedup < 1 else None
        database.create_function("spread", 1, _spread, deterministic=True)

    def __enter__(self) -> Self:
        self.database.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.database.execute("COMMIT" if kind is None else "ROLLBACK")

    def fact(self, name: str) -> str | None:
        found = self.database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def set_fact(self, name: str, value: str) -> None:
        self.database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def version_at(self, place: str) -> str | None:
        """Of the run that was read there; None where none was."""
        found = self.database.execute(
            "SELECT version FROM places WHERE name = ?", (place,)
        ).fetchone()
        return found[0] if found else None

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Each place that a run was read at, and the digest of that run."""
        return iter(self.database.execute(
            "SELECT name, digest FROM places JOIN sources ON source = id"))  # fmt: skip

    def source_at(self, place: str) -> bytes | None:
        """The digest of the run that was read there."""
        found = self.database.execute(
            "SELECT digest FROM places JOIN sources ON source = id WHERE name = ?", (place,)
        ).fetchone()
        return found[0] if found else None

    def set_place(self, place: str, version: str, source: RunSource) -> None:
        self.database.execute(
            "INSERT OR REPLACE INTO places SELECT ?, ?, id FROM sources WHERE digest = ?",
            (place, version, source.digest),
        )

    def has(self, source: RunSource) -> bool:
        found = self.database.execute("SELECT 1 FROM sources WHERE digest = ?", (source.digest,))
        return found.fetchone() is not None

    def add(self, source: RunSource, seen: Iterable[Sighting]) -> None:
        """Take in what a run says; each answer's strongest and newest verdict then
        stands."""
        accepted = 0
        for number, sighting in enumerate(seen):
            accepted += sighting.row is not None
            self._see(source, number, sighting)
        self.database.execute(
            "INSERT INTO sources (digest, place, about, answers) VALUES (?, ?, ?, ?)",
            (source.digest, source.order, orjson.dumps(source.about).decode(), accepted),
        )

    def _see(self, source: RunSource, number: int, sighting: Sighting) -> None:
        found = self.database.execute(
            f"SELECT {', '.join(_KNOWN)} FROM answers WHERE name = ?",  # noqa: S608 - columns of ours
            (sighting.name,),
        ).fetchone()
        known: dict[str, Any] | None = found and dict(zip(_KNOWN, found, strict=True))
        changes: dict[str, Any] = {}
        rank = bytes([sighting.strength]) + source.order
        if known is None or rank >= known["judged"]:
            changes |= {"judged": rank, "accepted": int(sighting.row is not None)}
        if sighting.row is not None:
            place = source.order + number.to_bytes(4, "big")
            if known is None or known["place"] is None or place < known["place"]:
                # The earliest place, so that a row stays in its file whatever later nights bring.
                changes |= {"place": place, "day": source.day}
            if known is None or known["told"] is None or rank >= known["told"]:
                changes |= {"told": rank, **self._content(sighting, sighting.row)}
        if known is None:
            self._insert({"name": sighting.name, **changes}, sighting.code)
        elif changes:
            self._update(known, changes, sighting.code)

    def _content(self, sighting: Sighting, row: SFTRow) -> dict[str, Any]:
        benchmark = self._gates.benchmark
        met = benchmark.match(sighting.task, sighting.code) if benchmark else None
        problem = _digest(f"id {row.metadata.problem_id}")
        self._relate(problem, _digest(f"task {' '.join(_WORD.findall(sighting.task.lower()))}"))
        return {
            "row": zlib.compress(json_line(row), 1),
            "code": digest_of(sighting.code),
            "problem": problem,
            "language": sighting.language,
            "difficulty": sighting.difficulty,
            "met": met or "",
        }

    def _insert(self, values: Mapping[str, Any], code: str) -> None:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.database.execute(
            f"INSERT INTO answers ({names}) VALUES ({marks})",  # noqa: S608 - columns of ours
            tuple(values.values()),
        )
        if "code" in values:
            self._find_alike(values["name"], code)
            self._touch(values["code"])

    def _update(self, known: Mapping[str, Any], changes: Mapping[str, Any], code: str) -> None:
        names = ", ".join(f"{name} = ?" for name in changes)
        self.database.execute(
            f"UPDATE answers SET {names} WHERE id = ?",  # noqa: S608 - columns of ours
            (*changes.values(), known["id"]),
        )
        changed = {name for name, value in changes.items() if known[name] != value}
        if changed & {"code", "language", "difficulty"} and known["code"] is not None:
            self.set_fact(SELECTED_BY, "")
        if "code" in changed:
            self._touch(known["code"])
            self._find_alike(known["name"], code)
        if changed & {"code", "place", "accepted", "met"}:
            self._touch(changes.get("code", known["code"]))
        if changed & {"place", "row"}:
            for day in {known["day"], changes.get("day", known["day"])} - {None}:
                self.mark_stale(day)

    def _touch(self, code: bytes | None) -> None:
        if code is not None:
            self.database.execute("INSERT OR IGNORE INTO touched VALUES (?)", (code,))
            self.database.execute(_TOUCH_ALIKE, (code,))

    def _find_alike(self, name: bytes, code: str) -> None:
        """Which answers of other code this one is like, from now on."""
        if self._near is None:
            return
        database = self.database
        (number,) = database.execute("SELECT id FROM answers WHERE name = ?", (name,)).fetchone()
        self._forget_alike(self._near, number)
        signature = self._near.of(code)
        database.execute("INSERT OR REPLACE INTO signatures VALUES (?, ?)", (number, signature))
        bands = self._near.bands(signature)
        marks = ", ".join("?" * len(bands))
        found = database.execute(
            f"SELECT DISTINCT id, signature FROM bands JOIN signatures USING (id)"  # noqa: S608 - words of ours
            f" WHERE band IN ({marks})",
            bands,
        ).fetchall()
        for other, its in found:
            if self._near.likeness(signature, its) >= self._gates.dedup:
                pairs = ((number, other), (other, number))
                database.executemany("INSERT OR IGNORE INTO alike VALUES (?, ?)", pairs)
        database.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)", ((band, number) for band in bands)
        )

    def _forget_alike(self, near: Signatures, number: int) -> None:
        """By what an answer's code was before; nothing, of a new one."""
        database = self.database
        before = database.execute("SELECT signature FROM signatures WHERE id = ?", (number,))
        for band in (band for (signature,) in before.fetchall() for band in near.bands(signature)):
            database.execute("DELETE FROM bands WHERE band = ? AND id = ?", (band, number))
        database.execute(
            "DELETE FROM alike WHERE (id, other) IN (SELECT other, id FROM alike WHERE id = ?)",
            (number,),
        )
        database.execute("DELETE FROM alike WHERE id = ?", (number,))

    def mark_stale(self, day: str) -> None:
        """Its files are to be written again."""
        self.database.execute(
            "INSERT INTO days VALUES (?, 1, NULL) ON CONFLICT DO UPDATE SET is_stale = 1", (day,)
        )

    def mark_all_stale(self) -> None:
        self.database.execute("UPDATE days SET is_stale = 1")

    def stale_days(self) -> list[str]:
        return [day for (day,) in self.database.execute(
            "SELECT day FROM days WHERE is_stale ORDER BY day")]  # fmt: skip

    def _relate(self, *members: bytes) -> None:
        """Problems of one id or of the same words are one family, and on one side of the split."""
        families = set[bytes]()
        for member in members:
            self.database.execute("INSERT OR IGNORE INTO families VALUES (?, ?)", (member, member))
            families |= set(self.database.execute(
                "SELECT family FROM families WHERE member = ?", (member,)).fetchone())  # fmt: skip
        # The least name, whichever night comes first: the split is the same in any order.
        first = min(families)
        for other in families - {first}:
            stale = self.database.execute(
                "SELECT DISTINCT day FROM families JOIN answers ON problem = member"
                " WHERE family = ? AND code IS NOT NULL",
                (other,),
            ).fetchall()
            self.database.execute("UPDATE families SET family = ? WHERE family = ?", (first, other))
            for (day,) in stale:
                self.mark_stale(day)

    def rows(self, day: str, passed: int, part: tuple[bytes, bytes]) -> Iterator[Kept]:
        """The day's rows that have `passed` all gates, of families in this `part` of all, which are
        spread evenly from zeros to ones; in the order they came."""
        found = self.database.execute(
            "SELECT name, row, place, language FROM answers JOIN families ON member = problem"
            " WHERE day = ? AND code IS NOT NULL AND passed = ?"
            " AND spread(family) >= ? AND spread(family) < ? ORDER BY place",
            (day, passed, *part),
        )
        for name, packed, place, language in found:
            line = zlib.decompress(packed)
            content = hashlib.sha256(line).digest()[:8]
            yield Kept(name, _read_row(line), content, place[8:16], language)

    def count(self, day: str, passed: int, part: tuple[bytes, bytes]) -> int:
        """How many `rows` there are."""
        return self.database.execute(
            "SELECT count(*) FROM answers JOIN families ON member = problem WHERE day = ?"
            " AND code IS NOT NULL AND passed = ? AND spread(family) >= ? AND spread(family) < ?",
            (day, passed, *part),
        ).fetchone()[0]

    def states(self, day: str) -> dict[str, int]:
        """What became of the day's answers."""
        return dict(self.database.execute(
            "SELECT state, count(*) FROM answers WHERE day = ? AND code IS NOT NULL"
            " GROUP BY state ORDER BY state", (day,),
        ).fetchall())  # fmt: skip

    def set_day(self, day: str, about: bytes) -> None:
        """What was written of it."""
        self.database.execute("REPLACE INTO days VALUES (?, 0, ?)", (day, about.decode()))

    def days(self) -> Iterator[tuple[str, str]]:
        """Each day, and what was written of it."""
        return iter(self.database.execute(
            "SELECT day, about FROM days WHERE about IS NOT NULL ORDER BY day"))  # fmt: skip

    def sources(self) -> Iterator[tuple[bytes, str, int]]:
        """Each run's digest, what is known of it, and how many rows it exported, as they came."""
        return iter(self.database.execute(
            "SELECT digest, about, answers FROM sources ORDER BY place"))  # fmt: skip

    def problem_count(self) -> int:
        """How many problems there are rows of. It is kept up, since counting them takes longer
        each night."""
        return self.database.execute("SELECT problems FROM counts").fetchone()[0]

    def forget_problems(self) -> None:
        """None has any row."""
        self.database.execute("DELETE FROM problems")
        self.database.execute("UPDATE counts SET problems = 0")


@contextmanager
def opened_index(folder: Path, gates: ContentGates) -> Generator[DatasetIndex]:
    """The index of the data set in `folder`, made where there is none. Raises: OutputError,
    DiskFullError."""
    path = folder / FOLDER / "index.db"
    with told(path), closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        database.execute("PRAGMA journal_mode = WAL")
        if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT")
        yield DatasetIndex(database, gates)


@contextmanager
def told(path: Path) -> Generator[None]:
    """Whatever SQLite finds wrong, in words."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise DiskFullError(
                f"The disk that holds {path} is full.", "Free some space, and build again."
            ) from error
        raise OutputError(
            f"{path} cannot be used: {error}.",
            f"Remove the folder {path.parent}: the next build makes it from the runs.",
        ) from error


def _spread(family: bytes) -> bytes:
    """A family has the least name of its members', and least names crowd near zero."""
    return hashlib.blake2b(family, digest_size=8).digest()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()
