"""MBPP, full (`text`) and sanitized (`prompt`): a sentence, a solution and a list of asserts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.python_source import defined_functions, parse
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.python_tests import function_under_test
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text, derived_id
from pettingllms.records import AssertTests, Problem


class MbppRecord(Record):
    task_id: RecordId | None = None
    text: Text = Field(validation_alias=AliasChoices("text", "prompt"))
    test_list: Annotated[list[Text], Field(min_length=1), Embedded]
    code: str = ""
    test_setup_code: str = ""
    test_imports: Annotated[Sequence[str] | None, Embedded] = None
    challenge_test_list: Annotated[list[Text] | None, Embedded] = None
    test: str = ""


def mbpp_problem(record: MbppRecord) -> Problem:
    """With what other lists of tests it has: MBPP's challenges, and EvalPlus's in `test`."""
    more = [*(record.challenge_test_list or ()), *filter(str.strip, [record.test])]
    for code in more:
        parse(code, "challenge_test_list" if code != record.test else "test")
    setup = "\n".join(filter(None, [*(record.test_imports or ()), record.test_setup_code]))
    parse(setup, "test_setup_code")
    name = _tested_function(record)
    return Problem(
        id=f"mbpp/{derived_id(record.text) if record.task_id is None else record.task_id}",
        messages=user(_prompt(record, name)),
        tests=AssertTests(name, (*record.test_list, *more), setup),
        reference=record.code or None,
    )


def _tested_function(record: MbppRecord) -> str:
    """The function that the first assert calls, preferably one that `code` defines."""
    tests = [parse(test, f"test_list[{index}]") for index, test in enumerate(record.test_list)]
    defined = [function.name for function in defined_functions(parse(record.code, "code"))]
    name = function_under_test(tests[:1], defined)
    if name is None:
        raise UnusableRecordError("`test_list[0]` calls no function that an answer could define")
    return name


def _prompt(record: MbppRecord, name: str) -> str:
    """The published sentence, and the first assert as MBPP is usually asked."""
    first = record.test_list[0]
    if first in record.text:
        return record.text
    example = "\n".join(filter(None, [record.test_setup_code.strip(), first]))
    wanted = f"Write a function named `{name}`. It should pass this test:"
    return add_paragraph(add_paragraph(record.text, wanted), fenced(example))
