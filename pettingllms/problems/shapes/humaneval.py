"""HumanEval, and what is published in its form: a Python stub to complete, and a `check`."""

from __future__ import annotations

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.python_source import before_docstring, is_python, parse
from pettingllms.problems.shapes.shape import FunctionName, Record, RecordId, Text
from pettingllms.records import AssertTests, Problem

_INSTRUCTION = "Complete the following Python function. Answer with all of its code."


class StubRecord(Record):
    task_id: RecordId
    prompt: Text
    entry_point: FunctionName
    test: Text
    canonical_solution: str | None = None


def stub_problem(record: StubRecord) -> Problem:
    parse(record.test, "test")
    parse(record.prompt, "prompt")
    check = f"check({record.entry_point})"
    return Problem(
        id=str(record.task_id),
        messages=user(add_paragraph(_INSTRUCTION, fenced(record.prompt))),
        tests=AssertTests(record.entry_point, (record.test, check), setup=record.prompt),
        reference=_reference(record.prompt, record.canonical_solution),
    )


def _reference(prompt: str, solution: str | None) -> str | None:
    """The whole function. A body indented unlike the docstring only fits without it."""
    if solution is None:
        return None
    if is_python(prompt + solution):
        return prompt + solution
    return before_docstring(prompt) + solution
