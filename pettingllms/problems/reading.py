"""Problems out of rows: bad records and doubled ids are reported with their places.

Memory holds neither the problems nor their ids: a million are read in that of one.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import NoReturn

from pettingllms.errors import DuplicateProblemError, ProblemFileError, quoted
from pettingllms.problems.kinds import UNTESTED, kind_of
from pettingllms.problems.metadata import size_of
from pettingllms.problems.record import SKIP_REMEDY, Row, UnusableRecordError
from pettingllms.problems.rules import AS_PUBLISHED, ReadingRules
from pettingllms.problems.shapes import to_problem
from pettingllms.problems.sources import find_sources, read_rows
from pettingllms.problems.where import WhereError
from pettingllms.records import Part, Problem

OnBad = Callable[[ProblemFileError], None]
OnProblem = Callable[[Problem], None]
WHOLE = Part()
FEW = 2_000
"""Records that may be in memory at once: as many as are under way in most runs."""
FEW_BYTES = 64_000_000
"""And what they may take: published sets have records of 100 MB."""


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """`problems` are usable, `with_tests` of them can be judged, `bad` records were skipped;
    `kinds` are of their tests, the most frequent first."""

    problems: int
    with_tests: int
    bad: int
    kinds: Mapping[str, int] = field(default_factory=dict[str, int], compare=False)

    @property
    def untested(self) -> int:
        return self.problems - self.with_tests

    def __str__(self) -> str:
        if not self.with_tests:
            return f"{self.problems:,}, none with tests"
        kinds = ", ".join(f"{count:,} by {kind}" for kind, count in self.kinds.items())
        if not self.untested:
            return f"{self.problems:,}, all with tests ({kinds})"
        return (
            f"{self.problems:,}, {self.with_tests:,} with tests ({kinds}),"
            f" {self.untested:,} without"
        )


class Records:
    """The records of `sources`, as often as they are asked for: read once where they are few, so
    that what was checked is what is used; else each time anew, and memory holds none of them."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._sources = find_sources(sources)
        self._kept: list[Row] = []
        self._kept_bytes = 0
        self._rest = read_rows(self._sources)
        self.are_few = True
        """As far as they have been read."""

    def __iter__(self) -> Iterator[Row]:
        for number in count():
            if not self.are_few:  # another reader may have found out meanwhile
                yield from islice(read_rows(self._sources), number, None)
                return
            if number == len(self._kept):
                row = next(self._rest, None)
                if row is None:
                    return
                self._kept.append(row)
                self._kept_bytes += _bytes_of(row)
                if number == FEW or self._kept_bytes > FEW_BYTES:
                    break
            yield self._kept[number]
        self.are_few = False
        last, self._kept = self._kept[-1], []
        yield last
        yield from self._rest


def _bytes_of(row: Row) -> int:
    """About what it takes; as its text would be, of a record that is no line."""
    if row.line is not None:
        return len(row.line)
    try:
        return size_of(row.decode(), FEW_BYTES)
    except UnusableRecordError:
        return 0


def read_problems(
    sources: Sequence[str] | Records,
    *,
    skip_bad: OnBad | None = None,
    limit: int | None = None,
    part: Part = WHOLE,
    rules: ReadingRules = AS_PUBLISHED,
) -> Iterator[Problem]:
    """The problems of `sources` in file order, read as they are asked for: `part` of the first
    `limit`.

    A source is a file, a folder, a glob, one of these by URL, or
    `hf:owner/name[:config][:split]`. A source that
    does not exist raises ProblemFileError at once; one that is unreadable or empty raises it
    when its turn comes, and so does having no usable problem at all. A bad record raises
    ProblemFileError, an id seen before DuplicateProblemError; both go to `skip_bad` instead,
    and are passed over, where it is given.
    """
    usable = _usable(_records_of(sources), skip_bad or _stop, rules)
    return islice(usable, part.number - 1, limit, part.of)


def find_rows(records: Records, limit: int | None = None, part: Part = WHOLE) -> Iterator[Row]:
    """The records before anything is made of them. Raises as `read_problems` does, but for what is
    wrong with one record."""
    return islice(records, part.number - 1, limit, part.of)


def _records_of(sources: Sequence[str] | Records) -> Records:
    return sources if isinstance(sources, Records) else Records(sources)


def digest_of(rows: Iterable[Row]) -> str | None:
    """sha256 (hex) of what the records say and where they stand; None where one is no line of a
    file."""
    digest = hashlib.sha256()
    for row in rows:
        if row.line is None:
            return None
        origin = os.fsencode(row.origin)
        digest.update(b"%d %b%b\n" % (len(origin), origin, row.line))
    return digest.hexdigest()


def problem_of(row: Row, rules: ReadingRules = AS_PUBLISHED) -> Problem:
    """Raises: ProblemFileError where the record is none."""
    return _kept(_whole_problem(row, rules), rules)


def _whole_problem(row: Row, rules: ReadingRules) -> Problem:
    """With all metadata. Raises: ProblemFileError."""
    try:
        problem = to_problem(row.decode(), row.origin, rules)
    except UnusableRecordError as error:
        remedy = getattr(error, "remedy", SKIP_REMEDY)
        raise ProblemFileError(f"{row.origin}: {error}", remedy) from error
    return with_id_of_place(problem) if rules.ids_by_line else problem


def with_id_of_place(problem: Problem) -> Problem:
    """Its id with the file and line that it stands on, which no other problem has."""
    place = problem.origin.replace("\\", "/").rpartition("/")[2].replace(":row ", ":")
    return replace(problem, id=f"{problem.id}@{place}")


def _kept(problem: Problem, rules: ReadingRules) -> Problem:
    kept = rules.metadata.keep(problem.metadata)
    return problem if kept == problem.metadata else replace(problem, metadata=kept)


def _is_wanted(problem: Problem, rules: ReadingRules) -> bool:
    """Raises: ProblemFileError where the expression does not fit the problem."""
    if rules.where is None:
        return True
    known = {"id": problem.id, "kind": kind_of(problem), **problem.metadata}
    try:
        return rules.where(known)
    except UnusableRecordError as error:
        raise ProblemFileError(f"{problem.origin}: {error}", WhereError.remedy) from error


def check_problems(
    sources: Sequence[str] | Records,
    *,
    skip_bad: OnBad | None = None,
    limit: int | None = None,
    part: Part = WHOLE,
    on_problem: OnProblem | None = None,
    rules: ReadingRules = AS_PUBLISHED,
) -> ProblemCount:
    """Read everything once, show each problem to `on_problem`, and count. Raises as
    `read_problems` does."""
    skipped = _Tally(skip_bad or _stop)
    kinds: Counter[str] = Counter()
    for problem in read_problems(sources, skip_bad=skipped, limit=limit, part=part, rules=rules):
        if on_problem is not None:
            on_problem(problem)
        kinds[kind_of(problem)] += 1
    problems, untested = kinds.total(), kinds.pop(UNTESTED, 0)
    return ProblemCount(problems, problems - untested, skipped.count, dict(kinds.most_common()))


@dataclass
class _Tally:
    """Counts the bad records it hands on."""

    on_bad: OnBad
    count: int = 0

    def __call__(self, error: ProblemFileError) -> None:
        self.on_bad(error)
        self.count += 1


def _usable(rows: Iterable[Row], on_bad: OnBad, rules: ReadingRules) -> Iterator[Problem]:
    is_empty, unwanted = True, 0
    with closing(_SeenIds()) as seen:
        for row in rows:
            try:
                problem = _whole_problem(row, rules)
                if not _is_wanted(problem, rules):
                    unwanted += 1
                    continue
                seen.add(problem)
            except ProblemFileError as error:
                on_bad(error)
            else:
                is_empty = False
                yield _kept(problem, rules)
    if is_empty and unwanted and rules.where is not None:
        raise ProblemFileError(
            f"--where {rules.where.text!r} holds for none of {unwanted:,} problems.",
            "See what they hold with `sft-collect problems FILE`.",
        )
    if is_empty:
        raise ProblemFileError(
            "None of the records can be used.", "Run without --skip-bad-records to see the first."
        )


class _SeenIds:
    """The ids so far and where they stood, in a temporary database: a million need no memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, origin) WITHOUT ROWID")

    def add(self, problem: Problem) -> None:
        """Raises: DuplicateProblemError."""
        key = problem.id.encode(errors="surrogatepass")
        row = (key, os.fsencode(problem.origin))
        if self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", row).rowcount:
            return
        found = self._database.execute("SELECT origin FROM seen WHERE id = ?", (key,))
        (origin,) = found.fetchone()
        raise DuplicateProblemError(
            f"{problem.origin}: the id {quoted(problem.id)} is taken by {os.fsdecode(origin)}",
            "Give each problem an id of its own, make them unique with --ids by-line, or pass"
            " --skip-bad-records to keep the first.",
        )

    def close(self) -> None:
        self._database.close()


def _stop(error: ProblemFileError) -> NoReturn:
    raise error
