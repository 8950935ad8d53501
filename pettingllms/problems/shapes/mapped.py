"""Records whose fields are named: by the user, with --map, or by a row of `named`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import ConfigDict

from pettingllms.problems.checkers import read_checker
from pettingllms.problems.prompts import with_starter_code
from pettingllms.problems.python_source import is_python
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import embedded, is_list, paired_tests, published_tests
from pettingllms.problems.shapes.limits import read_limits, with_limits
from pettingllms.problems.shapes.native import Chat, conversation
from pettingllms.problems.shapes.published_code import first_code, other_codes
from pettingllms.problems.shapes.shape import (
    Embedded,
    Record,
    RecordId,
    Text,
    derived_id,
    details_of,
)
from pettingllms.records import Comparison, FunctionTests, Message, Problem, StdioTests, Tests


class MappedRecord(Record):
    model_config = ConfigDict(extra="ignore")

    id: RecordId | None = None
    prompt: Annotated[Chat | Text, Embedded]
    system: Text | None = None
    starter_code: str = ""
    tests: Any = None
    tests_field: str = "tests"
    inputs: Any = None
    inputs_field: str = "inputs"
    outputs: Any = None
    entry_point: str | None = None
    setup: str = ""
    reference: Any = None
    checker: str = ""
    time_limit: Any = None
    memory_limit: Any = None
    metadata: Annotated[Any, Embedded] = None


def mapped_problem(record: MappedRecord) -> Problem:
    messages = _messages(record)
    return Problem(
        id=derived_id(messages[-1]["content"]) if record.id is None else record.id,
        messages=messages,
        tests=_checked(_tests(record), record),
        reference=first_code(record.reference),
        solutions=other_codes(record.reference),
        metadata=details_of(record.metadata),
    )


def _messages(record: MappedRecord) -> tuple[Message, ...]:
    system = (Message(role="system", content=record.system),) if record.system else ()
    if isinstance(record.prompt, str):
        return (*system, *with_starter_code(record.prompt, record.starter_code))
    asked = conversation(record.prompt)
    return (*system, *asked) if asked[0]["role"] != "system" else asked


def _checked(tests: Tests | None, record: MappedRecord) -> Tests | None:
    """With its limits, and the checker: of one that is not Python it is known only that other
    outputs may be right."""
    limited = with_limits(tests, read_limits(record.time_limit, record.memory_limit))
    if not record.checker.strip() or not isinstance(limited, StdioTests | FunctionTests):
        return limited
    if is_python(record.checker):
        return replace(limited, checker=read_checker(record.checker, "checker"))
    return replace(limited, comparison=Comparison(several_right=True))


def _tests(record: MappedRecord) -> Tests | None:
    name = (record.entry_point or "").strip().rpartition(".")[2]
    function = name or None
    if record.inputs is None:
        return published_tests(record.tests, function, record.tests_field, record.setup)
    given, told = embedded(record.inputs), embedded(record.outputs)
    if isinstance(given, str) and isinstance(told, str):
        given, told = [given], [told]
    if not is_list(given) or not is_list(told):
        raise UnusableRecordError("`inputs` and `outputs` are no lists")
    return paired_tests(given, told, function, record.inputs_field)
