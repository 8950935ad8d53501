"""What is understood of a record: as it will be asked, judged and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pettingllms.errors import ProblemFileError
from pettingllms.judge.assess import CodeJudge, check_reference, weakness_of
from pettingllms.problems import Records, Row, find_rows, problem_of
from pettingllms.problems.kinds import kind_of
from pettingllms.problems.shapes import recognise
from pettingllms.records import (
    NO_LIMITS,
    Comparison,
    FunctionTests,
    Message,
    Problem,
    StatedLimits,
    StdioTests,
)
from pettingllms.run import prompts
from pettingllms.run.shards import rules_of
from pettingllms.settings import Settings

_SHOWN_CASES = 3
NO_REFERENCE = "none"


@dataclass(frozen=True, slots=True)
class ProblemView:
    """`cases` are the first of the tests, as data or code; `reference` is what the judge says of
    it, and `weakness` what known wrong solutions show of the tests."""

    origin: str
    shape: str
    id: str
    language: str | None
    messages: tuple[Message, ...]
    kind: str
    tests: int
    public: int
    cases: tuple[Any, ...]
    comparison: Comparison | None
    has_checker: bool
    limits: StatedLimits
    reference: str
    weakness: str | None
    metadata: dict[str, Any]


def rows_at(source: str, line: int | None, count: int) -> Iterator[Row]:
    """The first `count` records of `source`, or the one on `line`. Raises: ProblemFileError."""
    rows = find_rows(Records([source]))
    if line is None:
        return islice(rows, count)
    places = (f":{line}", f":row {line}", f":row {line:,}", f"[{line}]")
    found = next((row for row in rows if row.origin.endswith(places)), None)
    if found is None:
        raise ProblemFileError(
            f"{source}: no record begins at line {line}", "Name a line that one begins at."
        )
    return iter((found,))


async def view_of(row: Row, settings: Settings, judge: CodeJudge) -> ProblemView:
    """Raises: ProblemFileError where the record is no problem."""
    rules = rules_of(settings)
    problem = prompts.with_language(problem_of(row, rules), settings.language)
    tests = problem.tests
    cases = _cases(problem)
    has_cases = isinstance(tests, FunctionTests | StdioTests)
    record: Any = row.decode()
    return ProblemView(
        origin=problem.origin,
        shape=recognise(record, rules.fields).name,
        id=problem.id,
        language=problem.language,
        messages=prompts.first_turn(problem, settings.system_prompt),
        kind=kind_of(problem),
        tests=len(cases),
        public=tests.public if has_cases else 0,
        cases=cases[:_SHOWN_CASES],
        comparison=tests.comparison if has_cases else None,
        has_checker=has_cases and tests.checker is not None,
        limits=NO_LIMITS if tests is None else tests.limits,
        reference=await _reference(problem, judge),
        weakness=await weakness_of(problem, judge),
        metadata=dict(problem.metadata),
    )


def _cases(problem: Problem) -> tuple[Any, ...]:
    tests = problem.tests
    if tests is None:
        return ()
    if isinstance(tests, FunctionTests | StdioTests):
        return tests.cases
    return getattr(tests, "snippets", ()) or (getattr(tests, "after", ""),)


async def _reference(problem: Problem, judge: CodeJudge) -> str:
    if problem.reference is None or problem.tests is None:
        return NO_REFERENCE
    broken = await check_reference(problem, judge)
    return "passes" if broken is None else broken.message
