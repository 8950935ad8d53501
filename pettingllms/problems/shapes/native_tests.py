"""The three forms of a native record's `tests`, and what is said of any other.

[{"input": "1 2\n", "output": "3\n"}]            a program over standard input
[{"args": [1, 2], "expected": 3}]                a function, named by `entry_point`
["assert add(1, 2) == 3"], or one such string    Python test code, with `entry_point`

Where several outputs or values are right, `alternatives` lists the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from pydantic import ConfigDict, Field

from pettingllms.problems.python_source import parse
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.shape import Record, Text
from pettingllms.records import (
    AssertTests,
    Comparison,
    FunctionCase,
    FunctionTests,
    StdioCase,
    StdioTests,
    Tests,
)

Form = Literal["input/output", "args/expected", "Python code"]
_FORMS = "input/output pairs, args/expected pairs, or Python code"


class ComparisonRecord(Record):
    model_config = ConfigDict(extra="forbid")

    unordered: bool = False
    float_tolerance: float = Field(default=1e-6, ge=0, allow_inf_nan=False)

    def to_comparison(self) -> Comparison:
        return Comparison(self.float_tolerance, self.unordered)


class _StdioPair(Record):
    model_config = ConfigDict(extra="forbid")

    input: str
    output: str
    alternatives: list[str] = Field(default_factory=list)

    def to_case(self) -> StdioCase:
        return StdioCase(self.input, self.output, tuple(self.alternatives))


class _Call(Record):
    model_config = ConfigDict(extra="forbid")

    args: list[Any]
    expected: Any
    alternatives: list[Any] = Field(default_factory=list)

    def to_case(self) -> FunctionCase:
        return FunctionCase(tuple(self.args), self.expected, tuple(self.alternatives))


class _StdioForm(Record):
    tests: list[_StdioPair]


class _CallForm(Record):
    tests: list[_Call]


class _CodeForm(Record):
    tests: list[Text]


def native_tests(
    tests: object, entry_point: str | None, comparison: ComparisonRecord | None
) -> Tests:
    """Raises UnusableRecordError, or pydantic's ValidationError, for what is in no form."""
    listed = _listed(tests)
    form = _form(listed)
    if form == "Python code":
        return _assert_tests(listed, entry_point, comparison)
    compared = (comparison or ComparisonRecord()).to_comparison()
    if form == "args/expected":
        return _function_tests(listed, entry_point, compared)
    return _stdio_tests(listed, entry_point, compared)


def _listed(tests: object) -> Sequence[object]:
    if isinstance(tests, str):
        return [tests]
    if not isinstance(tests, list):
        raise UnusableRecordError(f"`tests` is neither a list nor text: write {_FORMS}")
    if not tests:
        raise UnusableRecordError("`tests` is empty: leave it out where there are none")
    return cast("list[object]", tests)


def _form(tests: Sequence[object]) -> Form:
    forms: list[Form] = [_form_of_one(f"tests[{index}]", test) for index, test in enumerate(tests)]
    other = next((index for index, form in enumerate(forms) if form != forms[0]), None)
    if other is not None:
        raise UnusableRecordError(
            f"`tests` mixes {forms[0]} with {forms[other]} (`tests[{other}]`): write one form"
        )
    return forms[0]


def _form_of_one(place: str, test: object) -> Form:
    if isinstance(test, str):
        return "Python code"
    names = cast("dict[str, object]", test).keys() if isinstance(test, dict) else ()
    if "input" in names or "output" in names:
        return "input/output"
    if "args" in names or "expected" in names:
        return "args/expected"
    raise UnusableRecordError(f"`{place}` is in no known form: write {_FORMS}")


def _stdio_tests(
    tests: Sequence[object], entry_point: str | None, comparison: Comparison
) -> StdioTests:
    if entry_point is not None:
        raise UnusableRecordError(
            "`entry_point` names a function, but input/output tests run a whole program:"
            " leave it out, or write the tests as args/expected"
        )
    pairs = _StdioForm.model_validate({"tests": tests}).tests
    return StdioTests(tuple(pair.to_case() for pair in pairs), comparison)


def _function_tests(
    tests: Sequence[object], entry_point: str | None, comparison: Comparison
) -> FunctionTests:
    calls = _CallForm.model_validate({"tests": tests}).tests
    cases = tuple(call.to_case() for call in calls)
    return FunctionTests(_required(entry_point), cases, comparison)


def _assert_tests(
    tests: Sequence[object], entry_point: str | None, comparison: ComparisonRecord | None
) -> AssertTests:
    if comparison is not None:
        raise UnusableRecordError("`comparison` has no say over Python code: leave it out")
    snippets = tuple(_CodeForm.model_validate({"tests": tests}).tests)
    for index, snippet in enumerate(snippets):
        parse(snippet, f"tests[{index}]")
    return AssertTests(_required(entry_point), snippets)


def _required(entry_point: str | None) -> str:
    if entry_point is None:
        raise UnusableRecordError("`entry_point` is missing: name the function the tests call")
    return entry_point
