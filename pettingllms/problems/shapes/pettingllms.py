"""PettingLLMs' own tables: a question, and lists of standard inputs and outputs beside it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import user
from pettingllms.problems.shapes.forms import paired_tests
from pettingllms.problems.shapes.published_code import first_code, other_codes
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text, derived_id
from pettingllms.records import Problem

Texts = Annotated[list[Any], Embedded]


class PettingRecord(Record):
    id: RecordId | None = Field(None, validation_alias=AliasChoices("task_id", "id"))
    question: Text
    test_input: Texts
    test_output: Texts
    solution: Any = Field(None, validation_alias=AliasChoices("solution", "solutions"))


def petting_problem(record: PettingRecord) -> Problem:
    return Problem(
        id=derived_id(record.question) if record.id is None else record.id,
        messages=user(record.question),
        tests=paired_tests(record.test_input, record.test_output, None, "test_input"),
        reference=first_code(record.solution),
        solutions=other_codes(record.solution),
    )
