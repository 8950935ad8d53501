"""Instructions and questions with no tests: their answers are kept untested."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import add_paragraph, user
from pettingllms.problems.shapes.shape import Record, RecordId, Text, derived_id
from pettingllms.records import Problem


class PlainRecord(Record):
    text: Text = Field(validation_alias=AliasChoices("instruction", "question"))
    id: RecordId | None = None
    input: str = ""


def plain_problem(record: PlainRecord) -> Problem:
    """`input` is what an Alpaca-style instruction works on."""
    has_input = bool(record.input.strip())
    text = add_paragraph(record.text, record.input) if has_input else record.text
    return Problem(id=derived_id(text) if record.id is None else record.id, messages=user(text))
