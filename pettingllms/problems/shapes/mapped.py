"""Records whose fields the user has named with --map."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict

from pettingllms.problems.prompts import with_starter_code
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import embedded, is_list, paired_tests, published_tests
from pettingllms.problems.shapes.native import NativeMessage, conversation
from pettingllms.problems.shapes.published_code import first_code, other_codes
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text, derived_id
from pettingllms.records import Message, Problem, Tests


class MappedRecord(Record):
    model_config = ConfigDict(extra="ignore")

    id: RecordId | None = None
    prompt: Annotated[list[NativeMessage] | Text, Embedded]
    system: Text | None = None
    starter_code: str = ""
    tests: Any = None
    inputs: Any = None
    outputs: Any = None
    entry_point: Text | None = None
    setup: str = ""
    reference: Any = None


def mapped_problem(record: MappedRecord) -> Problem:
    messages = _messages(record)
    return Problem(
        id=derived_id(messages[-1]["content"]) if record.id is None else record.id,
        messages=messages,
        tests=_tests(record),
        reference=first_code(record.reference),
        solutions=other_codes(record.reference),
    )


def _messages(record: MappedRecord) -> tuple[Message, ...]:
    system = (Message(role="system", content=record.system),) if record.system else ()
    if isinstance(record.prompt, str):
        return (*system, *with_starter_code(record.prompt, record.starter_code))
    asked = conversation(record.prompt)
    return (*system, *asked) if asked[0]["role"] != "system" else asked


def _tests(record: MappedRecord) -> Tests | None:
    name = record.entry_point
    function = name and name.strip().rpartition(".")[2]
    if record.inputs is None:
        return published_tests(record.tests, function, "tests", record.setup)
    given, told = embedded(record.inputs), embedded(record.outputs)
    if isinstance(given, str) and isinstance(told, str):
        given, told = [given], [told]
    if not is_list(given) or not is_list(told):
        raise UnusableRecordError("`inputs` and `outputs` are no lists")
    return paired_tests(given, told, function, "inputs")
