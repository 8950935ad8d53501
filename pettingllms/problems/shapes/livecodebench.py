"""LiveCodeBench's code generation: public tests as JSON text, private ones packed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, cast

from pettingllms.problems.compressed import uncompressed
from pettingllms.problems.prompts import with_starter_code
from pettingllms.problems.python_source import last_function
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import case_tests, embedded, is_list
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text
from pettingllms.records import FunctionTests, Problem, StdioTests


class LiveCodeRecord(Record):
    question_id: RecordId
    question_content: Text
    starter_code: str = ""
    public_test_cases: Any
    private_test_cases: Any = None
    metadata: Annotated[dict[str, Any] | None, Embedded] = None


def livecode_problem(record: LiveCodeRecord) -> Problem:
    public = _cases(record.public_test_cases, "public_test_cases")
    cases = [*public, *_cases(record.private_test_cases, "private_test_cases")]
    metadata = record.metadata or {}
    function = metadata.get("func_name") or last_function(record.starter_code)
    tests = case_tests(cases, function, "public_test_cases") if cases else None
    if isinstance(tests, FunctionTests | StdioTests):
        tests = replace(tests, public=len(public))
    return Problem(
        id=record.question_id,
        messages=with_starter_code(record.question_content, record.starter_code),
        tests=tests,
        metadata=metadata,
    )


def _cases(published: object, field: str) -> list[dict[str, Any]]:
    value = published
    if isinstance(value, str):
        packed = uncompressed(value.strip())
        value = embedded(value if packed is None else packed)
    if value is None:
        return []
    if not is_list(value) or not all(isinstance(case, dict) for case in value):
        raise UnusableRecordError(f"`{field}` is no list of cases")
    return cast("list[dict[str, Any]]", value)
