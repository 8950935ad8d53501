"""HumanEval, and what is published in its form: a Python stub to complete, and a `check`."""

from __future__ import annotations

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.python_source import before_docstring, is_python, parse
from pettingllms.problems.shapes.python_tests import code_tests
from pettingllms.problems.shapes.shape import FunctionName, Record, RecordId, Text
from pettingllms.records import Problem

_INSTRUCTION = "Complete the following Python function. Answer with all of its code."


class StubRecord(Record):
    task_id: RecordId
    prompt: Text
    entry_point: FunctionName
    test: Text
    canonical_solution: str | None = None


def stub_problem(record: StubRecord) -> Problem:
    parse(record.prompt, "prompt")
    return Problem(
        id=record.task_id,
        messages=user(add_paragraph(_INSTRUCTION, fenced(record.prompt))),
        tests=code_tests([record.test], record.entry_point, "test", setup=record.prompt),
        reference=reference_of(record.prompt, record.canonical_solution),
    )


def reference_of(prompt: str, solution: str | None) -> str | None:
    """The whole function. A body indented unlike the docstring only fits without it."""
    if solution is None:
        return None
    if is_python(prompt + solution):
        return prompt + solution
    return before_docstring(prompt) + solution
