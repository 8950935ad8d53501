"""open-r1/codeforces: statements in parts, official tests, and a checker where many are right."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from pettingllms.problems.checkers import read_checker
from pettingllms.problems.prompts import sections, user
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import case_tests, is_object
from pettingllms.problems.shapes.limits import read_limits
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text
from pettingllms.records import Problem, StdioTests, Tests

_FILES = "file"


class CodeforcesRecord(Record):
    id: RecordId = Field(validation_alias=AliasChoices("id", "name"))
    title: str = ""
    description: Text
    input_format: str = ""
    output_format: str = ""
    interaction_format: str = ""
    note: str = ""
    examples: Annotated[list[Any], Embedded] = Field(default_factory=list[Any])
    official_tests: Annotated[list[Any] | None, Embedded] = None
    input_mode: str = "stdio"
    generated_checker: str | None = None
    time_limit: Any = None
    memory_limit: Any = None


def codeforces_problem(record: CodeforcesRecord) -> Problem:
    if record.interaction_format.strip():
        raise UnusableRecordError("is interactive: such problems cannot be judged by their tests")
    if record.input_mode == _FILES:
        raise UnusableRecordError(
            "wants a program that works on files: programs are judged by standard input and output"
        )
    cases = [case for case in (*record.examples, *(record.official_tests or ())) if is_object(case)]
    return Problem(
        id=record.id,
        messages=user(_statement(record)),
        tests=_tests(record, _each_once(cases)),
    )


def _each_once(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The examples are mostly the first of the official tests."""
    return list({str(case.get("input")): case for case in cases}.values())


def _tests(record: CodeforcesRecord, cases: list[dict[str, Any]]) -> Tests | None:
    """The checker, where there is one, is Python that was made from the official one."""
    tests = case_tests(cases, None, "official_tests")
    checker = record.generated_checker
    if not isinstance(tests, StdioTests):
        return tests
    if checker is not None:
        checker = read_checker(checker, "generated_checker")
    limits = read_limits(record.time_limit, record.memory_limit)
    return replace(tests, checker=checker, limits=limits, public=len(record.examples))


def _statement(record: CodeforcesRecord) -> str:
    shown = [f"Input:\n{case['input']}\nOutput:\n{case['output']}" for case in record.examples]
    return sections(
        {
            f"# {record.title}" if record.title else "": record.description,
            "## Input": record.input_format,
            "## Output": record.output_format,
            "## Examples": "\n".join(shown),
            "## Note": record.note,
        }
    )
