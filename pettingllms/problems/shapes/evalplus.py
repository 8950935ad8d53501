"""EvalPlus: HumanEval's and MBPP's problems with many more inputs. What is expected of each follows
from the reference."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.python_source import parse, python_literal
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.humaneval import reference_of
from pettingllms.problems.shapes.shape import Embedded, FunctionName, Record, RecordId, Text
from pettingllms.records import AssertTests, Problem

_INSTRUCTION = "Complete the following Python function. Answer with all of its code."
Inputs = Annotated[list[list[Any]], Embedded]


def _none_if_empty(published: object) -> object:
    """Where there are none, some versions have `{}`."""
    return published or None


class EvalPlusRecord(Record):
    task_id: RecordId
    prompt: Text
    entry_point: FunctionName
    canonical_solution: Text
    base_input: Inputs
    plus_input: Annotated[list[list[Any]] | None, Embedded, BeforeValidator(_none_if_empty)] = None
    atol: float | int = 0


def evalplus_problem(record: EvalPlusRecord) -> Problem:
    inputs = [*record.base_input, *(record.plus_input or ())]
    if not inputs:
        raise UnusableRecordError("`base_input` and `plus_input` are empty")
    reference = reference_of(record.prompt, record.canonical_solution) or ""
    parse(reference, "canonical_solution")
    rule = _RULE.format(name=record.entry_point, atol=record.atol or _LEAST_ATOL)
    snippets = tuple(map(_snippet, inputs))
    return Problem(
        id=record.task_id,
        messages=user(add_paragraph(_INSTRUCTION, fenced(record.prompt))),
        tests=AssertTests(record.entry_point, snippets, setup=f"{reference}\n{rule}"),
        reference=reference,
    )


def _snippet(arguments: list[Any]) -> str:
    """Written twice: either call may change its arguments in place."""
    written = python_literal(arguments)
    return f"assert same_result(candidate(*{written}), expected_result(*{written}))"


_LEAST_ATOL = 1e-6
_RULE = """
expected_result = {name}


def same_result(got, wanted):
    if isinstance(got, (list, tuple)) and isinstance(wanted, (list, tuple)):
        return len(got) == len(wanted) and all(map(same_result, got, wanted))
    if isinstance(got, float) or isinstance(wanted, float):
        return got == wanted or abs(got - wanted) <= {atol} + 1e-7 * abs(wanted)
    return got == wanted
"""
"""The reference works out what is expected, on the side of the tests."""
