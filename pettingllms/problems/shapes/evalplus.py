"""EvalPlus: HumanEval's and MBPP's problems with many more inputs. What is expected of each follows
from the reference."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.humaneval import reference_of
from pettingllms.problems.shapes.shape import Embedded, FunctionName, Record, RecordId, Text
from pettingllms.records import AssertTests, Problem

_INSTRUCTION = "Complete the following Python function. Answer with all of its code."
Inputs = Annotated[list[list[Any]], Embedded]


class EvalPlusRecord(Record):
    task_id: RecordId
    prompt: Text
    entry_point: FunctionName
    canonical_solution: Text
    base_input: Inputs
    plus_input: Inputs = Field(default_factory=list[list[Any]])
    atol: float | int = 0
    contract: str = ""
    test: str = ""


def evalplus_problem(record: EvalPlusRecord) -> Problem:
    inputs = [*record.base_input, *record.plus_input]
    if not inputs:
        raise UnusableRecordError("`base_input` and `plus_input` are empty")
    reference = reference_of(record.prompt, record.canonical_solution)
    return Problem(
        id=record.task_id,
        messages=user(add_paragraph(_INSTRUCTION, fenced(record.prompt))),
        tests=_tests(record, inputs, reference or ""),
        reference=reference,
    )


def _tests(record: EvalPlusRecord, inputs: list[list[Any]], reference: str) -> AssertTests:
    raise UnusableRecordError("EvalPlus is not read yet")
