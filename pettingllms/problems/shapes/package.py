"""Problem packages, as `packages` reads them from folders: samples are public, the rest secret."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pettingllms.problems.prompts import user
from pettingllms.problems.shapes.limits import read_limits
from pettingllms.problems.shapes.native_tests import ComparisonRecord
from pettingllms.problems.shapes.published_code import codes
from pettingllms.problems.shapes.shape import Record, Text
from pettingllms.records import Problem, StdioCase, StdioTests


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
    )
    return Problem(
        id=record.name,
        messages=user(_asked(record)),
        tests=tests if cases else None,
        reference=_python_solution(record),
    )


def _asked(record: PackageRecord) -> str:
    shown = [f"Input:\n{given}\nOutput:\n{told}" for given, told in record.samples]
    title = [f"# {record.title}"] if record.title else []
    examples = ["## Examples", *shown] if shown else []
    return "\n\n".join((*title, record.statement, *examples))


def _python_solution(record: PackageRecord) -> str | None:
    written = [each for each in record.solutions if str(each.get("language")).startswith("py")]
    return next(codes(written), None)
