"""The forms of a native record's `tests`, and what is said of any other.

[{"input": "1 2\n", "output": "3\n"}]            a program over standard input
[{"args": [1, 2], "expected": 3}]                a function, named by `entry_point`
["assert add(1, 2) == 3"], or one such string    Python test code, with `entry_point`
"int main() { ... }", where `language` is another  test code that follows the answer in one program
{"before": "#include ...", "after": "int main..."} the same, with what precedes the answer

Where several outputs or values are right, `alternatives` lists the others, or a `checker` tells. A
pair with `"public": true` may be shown to who solves the problem; those come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, cast

from pydantic import ConfigDict, Field

from pettingllms.problems.checkers import read_checker
from pettingllms.problems.python_source import parse
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.shape import Record, Text
from pettingllms.records import (
    DEFAULT_TOLERANCE,
    NO_LIMITS,
    AssertTests,
    Comparison,
    FunctionCase,
    FunctionTests,
    ProgramTests,
    StatedLimits,
    StdioCase,
    StdioTests,
    Tests,
)
from pettingllms.records.languages import PYTHON

Form = Literal["input/output", "args/expected", "Python code"]
_FORMS = "input/output pairs, args/expected pairs, or Python code"


class ComparisonRecord(Record):
    """The rules of `Comparison`; a tolerance that is written down is one for numbers."""

    model_config = ConfigDict(extra="forbid")

    unordered: bool = False
    float_tolerance: float = Field(default=DEFAULT_TOLERANCE, ge=0, allow_inf_nan=False)
    numeric: bool = False
    ordered_inside: bool = False
    unordered_pairs: bool = False
    case_blind: bool = False
    tokens: bool = False
    exact: bool = False
    several_right: bool = False

    def to_comparison(self) -> Comparison:
        rules = self.model_dump()
        is_default = self.float_tolerance == DEFAULT_TOLERANCE
        rules["numeric"] |= is_default and "float_tolerance" in self.model_fields_set
        return Comparison(**rules)


class LimitsRecord(Record):
    model_config = ConfigDict(extra="forbid")

    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    memory_mb: int | None = Field(default=None, gt=0)

    def to_limits(self) -> StatedLimits:
        return StatedLimits(self.seconds, self.memory_mb)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a record says beside its tests, of how they are to be judged."""

    entry_point: str | None = None
    comparison: ComparisonRecord | None = None
    checker: str | None = None
    limits: StatedLimits = NO_LIMITS
    language: str | None = None
    result_argument: int | None = None


_USUAL = Comparison()


class _StdioPair(Record):
    model_config = ConfigDict(extra="forbid")

    input: str
    output: str
    alternatives: list[str] = Field(default_factory=list)
    public: bool = False

    def to_case(self) -> StdioCase:
        return StdioCase(self.input, self.output, tuple(self.alternatives))


class _Call(Record):
    model_config = ConfigDict(extra="forbid")

    args: list[Any]
    expected: Any
    alternatives: list[Any] = Field(default_factory=list)
    public: bool = False

    def to_case(self) -> FunctionCase:
        return FunctionCase(tuple(self.args), self.expected, tuple(self.alternatives))


class _StdioForm(Record):
    tests: list[_StdioPair]


class _CallForm(Record):
    tests: list[_Call]


class _CodeForm(Record):
    tests: list[Text]


class _ProgramForm(Record):
    model_config = ConfigDict(extra="forbid")

    after: Text
    before: str = ""


def native_tests(tests: object, terms: Terms) -> Tests:
    """Raises UnusableRecordError, or pydantic's ValidationError, for what is in no form."""
    if isinstance(tests, dict):
        return _program_tests(_ProgramForm.model_validate(tests), terms)
    listed = [_without_nulls(test) for test in _listed(tests)]
    form = _form(listed)
    if terms.checker is not None:
        _refuse_checker(form, terms.comparison)
        terms = replace(terms, checker=read_checker(terms.checker, "checker"))
    if form == "Python code" and terms.language not in (None, PYTHON):
        code = "\n".join(_CodeForm.model_validate({"tests": listed}).tests)
        return _program_tests(_ProgramForm(after=code), terms)
    if form == "Python code":
        return _assert_tests(listed, terms)
    compared = terms.comparison.to_comparison() if terms.comparison else _USUAL
    if form == "args/expected":
        calls = _public_first(_CallForm.model_validate({"tests": listed}).tests)
        return _function_tests(calls, terms, compared)
    return _stdio_tests(listed, terms, compared)


P = TypeVar("P", _StdioPair, _Call)


def _public_first(pairs: list[P]) -> list[P]:
    return sorted(pairs, key=lambda pair: not pair.public)


def _function_tests(calls: Sequence[_Call], terms: Terms, compared: Comparison) -> FunctionTests:
    name, result = _required(terms.entry_point), terms.result_argument
    cases = tuple(call.to_case() for call in calls)
    if result is not None and any(result >= len(case.args) for case in cases):
        raise UnusableRecordError(f"`result_argument` is {result}, but a test has fewer `args`")
    public = sum(call.public for call in calls)
    return FunctionTests(name, cases, compared, terms.checker, terms.limits, public, result)


def _refuse_checker(form: Form, comparison: ComparisonRecord | None) -> None:
    """Where it would have no say, or not the only one."""
    if form == "Python code":
        raise UnusableRecordError("`checker` has no say over Python code: leave it out")
    if comparison is not None:
        raise UnusableRecordError(
            "`checker` and `comparison` both say what is right: leave one out"
        )


def _listed(tests: object) -> Sequence[object]:
    if isinstance(tests, str):
        return [tests]
    if not isinstance(tests, list):
        raise UnusableRecordError(f"`tests` is neither a list nor text: write {_FORMS}")
    if not tests:
        raise UnusableRecordError("`tests` is empty: leave it out where there are none")
    return cast("list[object]", tests)


def _without_nulls(test: object) -> object:
    """A table's structs have all keys, those of other forms null. Null may be what is expected."""
    if not isinstance(test, dict):
        return test
    named = cast("dict[str, object]", test)
    if None not in named.values():
        return named
    is_call = named.get("args") is not None
    return {
        name: value
        for name, value in named.items()
        if value is not None or (name == "expected" and is_call) or name not in _OWN_NAMES
    }


_OWN_NAMES = frozenset({"input", "output", "args", "expected", "alternatives", "public"})


def _form(tests: Sequence[object]) -> Form:
    forms: list[Form] = [_form_of_one(index, test) for index, test in enumerate(tests)]
    if len(set(forms)) > 1:
        other = next(index for index, form in enumerate(forms) if form != forms[0])
        raise UnusableRecordError(
            f"`tests` mixes {forms[0]} with {forms[other]} (`tests[{other}]`): write one form"
        )
    return forms[0]


def _form_of_one(index: int, test: object) -> Form:
    if isinstance(test, str):
        return "Python code"
    names = cast("dict[str, object]", test).keys() if isinstance(test, dict) else ()
    if "input" in names or "output" in names:
        return "input/output"
    if "args" in names or "expected" in names:
        return "args/expected"
    raise UnusableRecordError(f"`tests[{index}]` is in no known form: write {_FORMS}")


def _stdio_tests(tests: Sequence[object], terms: Terms, comparison: Comparison) -> StdioTests:
    if terms.entry_point is not None:
        raise UnusableRecordError(
            "`entry_point` names a function, but input/output tests run a whole program:"
            " leave it out, or write the tests as args/expected"
        )
    pairs = _public_first(_StdioForm.model_validate({"tests": tests}).tests)
    cases = tuple(pair.to_case() for pair in pairs)
    public = sum(pair.public for pair in pairs)
    return StdioTests(cases, comparison, terms.checker, terms.limits, public)


def _program_tests(form: _ProgramForm, terms: Terms) -> ProgramTests:
    if terms.language in (None, PYTHON):
        raise UnusableRecordError(
            "`tests` stand around the answer in one program, which `language` must name"
        )
    return ProgramTests(form.after, form.before, terms.entry_point or "", terms.limits)


def _assert_tests(tests: Sequence[object], terms: Terms) -> AssertTests:
    if terms.comparison is not None:
        raise UnusableRecordError("`comparison` has no say over Python code: leave it out")
    snippets = tuple(_CodeForm.model_validate({"tests": tests}).tests)
    for index, snippet in enumerate(snippets):
        parse(snippet, f"tests[{index}]")
    return AssertTests(_required(terms.entry_point), snippets, limits=terms.limits)


def _required(entry_point: str | None) -> str:
    if entry_point is None:
        raise UnusableRecordError("`entry_point` is missing: name the function the tests call")
    return entry_point
