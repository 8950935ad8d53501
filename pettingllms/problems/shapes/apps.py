"""APPS and TACO: a question whose `input_output` feeds either a whole program or one function.

`fn_name` may name a method of `class Solution`, as the starter code then shows: the entry point
is the bare name either way. Not undone: JSON has turned integer keys of dicts into text.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import with_starter_code
from pettingllms.problems.shapes.forms import published_tests
from pettingllms.problems.shapes.limits import read_limits, with_limits
from pettingllms.problems.shapes.published_code import other_codes
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text, derived_id
from pettingllms.records import Problem


class AppsRecord(Record):
    id: RecordId | None = Field(None, validation_alias=AliasChoices("problem_id", "id"))
    question: Text
    input_output: Any = None
    solutions: Annotated[list[str] | None, Embedded] = None
    starter_code: str = ""
    time_limit: Any = None
    memory_limit: Any = None


def apps_problem(record: AppsRecord) -> Problem:
    """TACO has no ids: they are derived from the question."""
    name = derived_id(record.question) if record.id is None else record.id
    return Problem(
        id=f"apps/{name}",
        messages=with_starter_code(record.question, record.starter_code),
        tests=with_limits(
            published_tests(record.input_output, None, "input_output"),
            read_limits(record.time_limit, record.memory_limit),
        ),
        reference=next(iter(record.solutions or ()), None),
        solutions=other_codes(record.solutions),
    )
