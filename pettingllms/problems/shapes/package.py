"""Problem packages, as `packages` reads them from folders: samples are public, the rest secret."""

from __future__ import annotations

from itertools import islice
from typing import Any

from pydantic import Field

from pettingllms.problems.prompts import user
from pettingllms.problems.shapes.limits import read_limits
from pettingllms.problems.shapes.native_tests import ComparisonRecord
from pettingllms.problems.shapes.published_code import MOST_SOLUTIONS, codes
from pettingllms.problems.shapes.shape import Record, Text
from pettingllms.records import Problem, Solution, StdioCase, StdioTests
from pettingllms.records.languages import find_language


class PackageRecord(Record):
    name: Text
    title: str = ""
    statement: Text
    samples: list[list[str]]
    secret: list[list[str]]
    seconds: Any = None
    memory_mb: Any = None
    comparison: ComparisonRecord = ComparisonRecord()
    solutions: list[Any] = Field(default_factory=list[Any])
    wrong: list[Any] = Field(default_factory=list[Any])


def package_problem(record: PackageRecord) -> Problem:
    cases = tuple(StdioCase(given, told) for given, told in (*record.samples, *record.secret))
    tests = StdioTests(
        cases,
        record.comparison.to_comparison(),
        limits=read_limits(record.seconds, record.memory_mb),
        public=len(record.samples),
    )
    return Problem(
        id=record.name,
        messages=user(_asked(record)),
        tests=tests if cases else None,
        reference=_python_solution(record),
        solutions=_solutions(record.solutions),
        wrong=_solutions(record.wrong),
    )


def _asked(record: PackageRecord) -> str:
    shown = [f"Input:\n{given}\nOutput:\n{told}" for given, told in record.samples]
    title = [f"# {record.title}"] if record.title else []
    examples = ["## Examples", *shown] if shown else []
    return "\n\n".join((*title, record.statement, *examples))


def _solutions(published: list[Any]) -> tuple[Solution, ...]:
    """In languages that can be run."""
    found = ((find_language(str(each.get("language"))), each.get("code")) for each in published)
    known = (Solution(str(code), language.name) for language, code in found if language)
    return tuple(islice(known, MOST_SOLUTIONS))


def _python_solution(record: PackageRecord) -> str | None:
    written = [each for each in record.solutions if str(each.get("language")).startswith("py")]
    return next(codes(written), None)
