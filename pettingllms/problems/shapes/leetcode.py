"""LeetCodeDataset, all versions: a method of `class Solution`, and a `check(candidate)`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import user, with_starter_code
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.python_tests import code_tests
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text, derived_id
from pettingllms.records import Message, Problem

_METHOD = re.compile(r"(?:Solution\(\)\.)?([A-Za-z_]\w*)")


class LeetCodeRecord(Record):
    id: RecordId | None = Field(
        None, validation_alias=AliasChoices("task_id", "question_id", "slug")
    )
    query: str = ""
    problem_description: str = ""
    starter_code: str = ""
    meta: Annotated[dict[str, Any] | None, Embedded] = None
    prompt: str = ""
    completion: str | None = None
    entry_point: Text
    test: Text


def leetcode_problem(record: LeetCodeRecord) -> Problem:
    """`prompt` has the imports and helpers that starter code and tests take for granted."""
    found = _METHOD.fullmatch(record.entry_point.strip())
    if found is None:
        raise UnusableRecordError(f"`entry_point`: `{record.entry_point}` names no method")
    messages = _messages(record)
    return Problem(
        id=derived_id(messages[-1]["content"]) if record.id is None else record.id,
        messages=messages,
        tests=code_tests([record.test], found[1], "test", setup=record.prompt),
        reference=record.completion and f"{record.prompt}\n{record.completion}",
        metadata=record.meta or {},
    )


def _messages(record: LeetCodeRecord) -> tuple[Message, ...]:
    """The description with its starter code; earlier versions have both in `query` alone."""
    if not record.problem_description.strip():
        return user(record.query)
    starter = record.starter_code or str((record.meta or {}).get("lang_code") or "")
    return with_starter_code(record.problem_description, starter)
