"""APPS: a question whose `input_output` feeds either a whole program or one function.

`fn_name` may name a method of `class Solution`, as the starter code then shows: the entry point
is the bare name either way. Not undone: JSON has turned integer keys of dicts into text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.record import UnusableRecordError, decode_json
from pettingllms.problems.shapes.shape import FunctionName, Record, RecordId, Text
from pettingllms.records import (
    FunctionCase,
    FunctionTests,
    Problem,
    StdioCase,
    StdioTests,
    Tests,
)


def _embedded(value: object) -> object:
    """Lists and objects are published as JSON text, or as nothing where there is none."""
    if not isinstance(value, str):
        return value
    return decode_json(value) if value.strip() else None


class AppsInputOutput(Record):
    inputs: list[Any]
    outputs: list[Any]
    fn_name: FunctionName | None = None

    @model_validator(mode="after")
    def _paired(self) -> AppsInputOutput:
        if len(self.inputs) != len(self.outputs):
            raise ValueError(f"{len(self.inputs)} inputs for {len(self.outputs)} outputs")
        return self


class AppsRecord(Record):
    id: RecordId = Field(validation_alias=AliasChoices("problem_id", "id"))
    question: Text
    input_output: Annotated[AppsInputOutput | None, BeforeValidator(_embedded)] = None
    solutions: Annotated[list[str] | None, BeforeValidator(_embedded)] = None
    starter_code: str = ""
    difficulty: str | None = None


def apps_problem(record: AppsRecord) -> Problem:
    return Problem(
        id=f"apps/{record.id}",
        messages=user(_prompt(record)),
        tests=_tests(record.input_output) if record.input_output else None,
        reference=next(iter(record.solutions or ()), None),
        metadata={"difficulty": record.difficulty} if record.difficulty else {},
    )


def _prompt(record: AppsRecord) -> str:
    if not record.starter_code.strip():
        return record.question
    asked = add_paragraph(record.question, "Use this starter code:")
    return add_paragraph(asked, fenced(record.starter_code))


def _tests(published: AppsInputOutput) -> Tests | None:
    if not published.inputs:
        return None
    if published.fn_name is None:
        return _program_tests(published)
    return _function_tests(published, published.fn_name)


def _program_tests(published: AppsInputOutput) -> StdioTests:
    pairs = zip(published.inputs, published.outputs, strict=True)
    return StdioTests(tuple(StdioCase(_as_text(given), _as_text(told)) for given, told in pairs))


def _as_text(published: object) -> str:
    """Standard input or output, published as text or as a list of its lines."""
    match published:
        case str():
            return published
        case list():
            lines = cast("list[object]", published)
            return "\n".join(map(_as_text, lines))
        case _:
            raise UnusableRecordError("`input_output` holds a test that is no text")


def _function_tests(published: AppsInputOutput, name: str) -> FunctionTests:
    if not all(isinstance(args, list) for args in published.inputs):
        raise UnusableRecordError(f"`input_output` calls `{name}` with what is no argument list")
    results = _unwrapped(published.outputs)
    pairs = zip(published.inputs, results, strict=True)
    return FunctionTests(name, tuple(FunctionCase(tuple(args), result) for args, result in pairs))


def _unwrapped(outputs: Sequence[Any]) -> Sequence[Any]:
    """The results; mostly each is published inside a list of one.

    The APPS checker takes an answer that equals either the output or its first element. Here
    one reading holds for the whole problem: wrapped, if every output could be.
    """
    if all(isinstance(output, list) and len(cast("list[Any]", output)) == 1 for output in outputs):
        return [output[0] for output in outputs]
    return outputs
