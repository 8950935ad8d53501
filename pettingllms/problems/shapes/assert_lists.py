"""Questions with Python tests beside them: KodCode's pytest functions, and lists of asserts as
AceCode and OpenCodeInstruct have them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import user
from pettingllms.problems.shapes.forms import is_list, is_object, published_tests
from pettingllms.problems.shapes.published_code import first_code
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text, derived_id
from pettingllms.records import Problem, Tests


class KodCodeRecord(Record):
    id: RecordId | None = Field(
        None, validation_alias=AliasChoices("question_id", "conversation_id", "id")
    )
    question: Text
    test: Any
    test_info: Annotated[Any, Embedded] = None
    solution: str | None = None


class AceCodeRecord(Record):
    id: RecordId | None = None
    question: Text
    test_cases: Any


class InstructRecord(Record):
    id: RecordId | None = None
    input: Text
    unit_tests: Any
    output: str | None = None


def kodcode_problem(record: KodCodeRecord) -> Problem:
    return Problem(
        id=derived_id(record.question) if record.id is None else record.id,
        messages=user(record.question),
        tests=published_tests(record.test, _told_function(record.test_info), "test"),
        reference=first_code(record.solution),
    )


def _told_function(info: object) -> str | None:
    """The one that is tested, where there is one only; else the tests' imports say it."""
    if not is_list(info) or len(info) != 1 or not is_object(info[0]):
        return None
    name = info[0].get("function_name")
    return name if isinstance(name, str) and name.isidentifier() else None


def ace_code_problem(record: AceCodeRecord) -> Problem:
    return Problem(
        id=derived_id(record.question) if record.id is None else record.id,
        messages=user(record.question),
        tests=published_tests(record.test_cases, None, "test_cases"),
    )


def instruct_problem(record: InstructRecord) -> Problem:
    """`output` is a model's answer, right only if its tests say so; it is judged first like any
    other reference."""
    return Problem(
        id=derived_id(record.input) if record.id is None else record.id,
        messages=user(record.input),
        tests=_instruct_tests(record),
        reference=first_code(record.output),
    )


def _instruct_tests(record: InstructRecord) -> Tests | None:
    return published_tests(record.unit_tests, None, "unit_tests")
