"""BigCodeBench: a function of several libraries, and a unittest.TestCase."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.shapes.python_tests import code_tests
from pettingllms.problems.shapes.shape import FunctionName, Record, RecordId, Text, derived_id
from pettingllms.records import Problem


class BigCodeRecord(Record):
    id: RecordId | None = Field(None, validation_alias=AliasChoices("task_id", "id"))
    complete_prompt: Text
    instruct_prompt: str = ""
    code_prompt: str = ""
    entry_point: FunctionName
    test: Text
    canonical_solution: str | None = None


_INSTRUCTION = "Complete the following Python function. Answer with all of its code."


def bigcode_problem(record: BigCodeRecord) -> Problem:
    """Asked by the instruction, where there is one. What the stub imports is the tests' too."""
    stub = record.code_prompt or record.complete_prompt
    asked = record.instruct_prompt.strip()
    prompt = asked or add_paragraph(_INSTRUCTION, fenced(record.complete_prompt))
    solution = record.canonical_solution
    return Problem(
        id=derived_id(prompt) if record.id is None else record.id,
        messages=user(prompt),
        tests=code_tests([record.test], record.entry_point, "test", setup=_imports(stub)),
        reference=None if solution is None else stub + solution,
    )


def _imports(stub: str) -> str:
    """The lines before the function."""
    before = stub.partition("def ")[0]
    return before.strip()
