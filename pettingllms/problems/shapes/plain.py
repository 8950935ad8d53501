"""Instructions and questions with no tests: their answers are kept untested."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import add_paragraph, user
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.shape import Record, RecordId, Text, derived_id
from pettingllms.records import Problem

_ELSEWHERE = "-"


class PlainRecord(Record):
    text: Text = Field(validation_alias=AliasChoices("instruction", "question", "problem"))
    id: RecordId | None = None
    input: str = Field("", validation_alias=AliasChoices("input", "context"))


def plain_problem(record: PlainRecord) -> Problem:
    """`input` is what an instruction works on, as Alpaca has it; Dolly calls it `context`."""
    if record.text.strip() == _ELSEWHERE:
        raise UnusableRecordError("leaves its text to be filled in from another data set (`-`)")
    has_input = bool(record.input.strip())
    text = add_paragraph(record.text, record.input) if has_input else record.text
    return Problem(id=derived_id(text) if record.id is None else record.id, messages=user(text))
