"""MBPP, full (`text`) and sanitized (`prompt`): a sentence, a solution and a list of asserts."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.python_source import called_functions, defined_functions, parse
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.shape import Record, RecordId, Text
from pettingllms.records import AssertTests, Problem


class MbppRecord(Record):
    task_id: RecordId
    text: Text = Field(validation_alias=AliasChoices("text", "prompt"))
    test_list: list[Text] = Field(min_length=1)
    code: str = ""
    test_setup_code: str = ""
    test_imports: Sequence[str] = ()


def mbpp_problem(record: MbppRecord) -> Problem:
    setup = "\n".join(filter(None, [*record.test_imports, record.test_setup_code]))
    parse(setup, "test_setup_code")
    name = _tested_function(record)
    return Problem(
        id=f"mbpp/{record.task_id}",
        messages=user(_prompt(record, name)),
        tests=AssertTests(name, tuple(record.test_list), setup),
        reference=record.code or None,
    )


def _tested_function(record: MbppRecord) -> str:
    """The function that the first assert calls, preferably one that `code` defines."""
    tests = [parse(test, f"test_list[{index}]") for index, test in enumerate(record.test_list)]
    called = called_functions(tests[0])
    defined = {function.name for function in defined_functions(parse(record.code, "code"))}
    name = next(filter(defined.__contains__, called), None) or next(iter(called), None)
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
