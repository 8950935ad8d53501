"""HumanEval, and what is published in its form: a stub to complete, and a `check` or a test
program."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.python_source import (
    before_docstring,
    defined_functions,
    is_python,
    parse,
)
from pettingllms.problems.shapes.forms import published_tests
from pettingllms.problems.shapes.languages import HumanEvalXRecord, humaneval_x_problem
from pettingllms.problems.shapes.shape import FunctionName, Record, RecordId, Text, derived_id
from pettingllms.records import Problem
from pettingllms.records.languages import PYTHON, find_language

_INSTRUCTION = "Complete the following Python function. Answer with all of its code."


class StubRecord(Record):
    task_id: RecordId | None = Field(None, validation_alias=AliasChoices("task_id", "id"))
    prompt: Text
    entry_point: FunctionName | None = None
    test: Any = None
    canonical_solution: str | None = None
    language: str = ""


def stub_problem(record: StubRecord) -> Problem:
    """In another language than Python it is as HumanEval-X has it, without a declaration."""
    name = derived_id(record.prompt) if record.task_id is None else record.task_id
    if _is_of_another_language(record, name):
        told = record.model_dump(exclude_none=True)
        return humaneval_x_problem(HumanEvalXRecord.model_validate({**told, "task_id": name}))
    functions = defined_functions(parse(record.prompt, "prompt"))
    function = record.entry_point or (functions[-1].name if functions else None)
    return Problem(
        id=name,
        messages=user(add_paragraph(_INSTRUCTION, fenced(record.prompt))),
        tests=published_tests(record.test, function, "test", setup=record.prompt),
        reference=reference_of(record.prompt, record.canonical_solution),
    )


def _is_of_another_language(record: StubRecord, name: str) -> bool:
    """By its own word, or its id (`CPP/7`), where the stub is no Python: the word may be of what
    people speak."""
    said = record.language.strip() or name.partition("/")[0]
    language = find_language(said)
    is_told = language is not None or bool(record.language.strip())
    is_python_told = language is not None and language.name == PYTHON
    return is_told and not is_python_told and not is_python(record.prompt)


def reference_of(prompt: str, solution: str | None) -> str | None:
    """The whole function. A body indented unlike the docstring only fits without it."""
    if solution is None:
        return None
    if is_python(prompt + solution):
        return prompt + solution
    return before_docstring(prompt) + solution
