"""Tests in the forms that data sets publish them in, told apart by what is in them.

{"inputs": [...], "outputs": [...], "fn_name"?}     APPS, TACO, code_contests, verl
[{"input", "output", "testtype"?, "fn_name"?}]      LiveCodeBench, PrimeIntellect, rllm, open-r1
["assert f(1) == 2", ...], or Python code           MBPP, AceCode, KodCode, HumanEval

Lists and objects may stand in JSON text. `python_tests` has what is said of code.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import starmap
from typing import Any, TypeGuard, cast

from pettingllms.problems.compressed import uncompressed
from pettingllms.problems.python_source import unfenced
from pettingllms.problems.record import UnusableRecordError, decode_json, digits_of
from pettingllms.problems.shapes.python_tests import code_tests
from pettingllms.problems.tables import plain_value
from pettingllms.records import FunctionCase, FunctionTests, StdioCase, StdioTests, Tests

_INPUT_NAMES = ("input", "inputs", "stdin", "test_input", "in", "args", "arguments")
_OUTPUT_NAMES = (
    *("output", "outputs", "stdout", "expected_output", "expected", "test_output", "out"),
    *("expected_stdout", "result", "answer", "ans"),
)
_FUNCTION_NAMES = ("fn_name", "func_name", "function_name", "entry_point")
_LIST_NAMES = (
    *("test_cases", "tests", "cases", "unit_tests", "testcases", "test_list", "ground_truth"),
    *("test_code", "functional", "pytest", "assert_case", "asserts", "test"),
)
_SETUP = "import_prefix"
_KNOWN = (
    'write them as {"inputs": [...], "outputs": [...]}, as a list of {"input", "output"},'
    " or as Python code"
)
_NOTHING = frozenset({"", "null", "None"})


def embedded(value: object) -> object:
    """What JSON text says, where it says a list or an object, and Python's own way to write these,
    as pandas does into CSV; other values as they are. Raises: UnusableRecordError for text that
    only begins so."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text in _NOTHING:
        return None
    if not text.startswith(("[", "{")):
        return value
    try:
        return decode_json(text)
    except UnusableRecordError as error:
        return _python_literal(text, error)


def _python_literal(text: str, error: UnusableRecordError) -> object:
    """In plain JSON values. Raises: UnusableRecordError, `error`, where it is none."""
    if len(text) > _LONGEST_LITERAL:
        raise error
    try:
        return plain_value(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise error from None


_LONGEST_LITERAL = 5_000_000
"""Characters: Python takes a hundred bytes for each."""


def published_tests(
    published: object, function: str | None, field: str, setup: str = ""
) -> Tests | None:
    """The tests that `published` holds in any known form; None where it is empty. `function` is
    what they call, where that is known, and `field` where they stand.

    Raises: UnusableRecordError for what is in no form.
    """
    try:
        value = _opened(published)
    except UnusableRecordError as error:
        raise UnusableRecordError(f"`{field}` {error}") from error
    if not value:
        return None
    if isinstance(value, str):
        return code_tests([value], function, field, setup)
    if is_object(value):
        return _tests_of_object(value, function, field, setup)
    if not is_list(value):
        raise UnusableRecordError(f"`{field}` holds no tests but {type(value).__name__}: {_KNOWN}")
    return _tests_of_list(value, function, field, setup)


def _opened(published: object) -> object:
    """JSON, compressed text and Markdown blocks as what is in them; so too the one text of a list
    that holds all tests. Raises: UnusableRecordError."""
    if is_list(published) and len(published) == 1 and isinstance(published[0], str):
        inner = _opened(published[0])
        return published if isinstance(inner, str) else inner
    if not isinstance(published, str):
        return published
    text = published.strip()
    packed = uncompressed(text)
    if packed is not None:
        return embedded(packed)
    return embedded(unfenced(text) if text.startswith("```") else published)


def _tests_of_object(
    value: Mapping[str, Any], function: str | None, field: str, setup: str
) -> Tests | None:
    function = _bare(_first(value, _FUNCTION_NAMES)) or function
    setup = "\n".join(filter(None, [setup, str(value.get(_SETUP) or "")]))
    given, told = _first(value, _INPUT_NAMES), _first(value, _OUTPUT_NAMES)
    if is_list(given) and is_list(told):
        return paired_tests(given, told, function, field)
    if given is not None and told is not None:
        return case_tests([value], function, field)
    for name in _LIST_NAMES:
        if name in value:
            return published_tests(value[name], function, f"{field}.{name}", setup)
    named = ", ".join(value) or "(none)"
    raise UnusableRecordError(f"`{field}` holds the fields {named}, and no known tests: {_KNOWN}")


def _tests_of_list(
    value: Sequence[Any], function: str | None, field: str, setup: str
) -> Tests | None:
    if all(map(is_object, value)):
        return case_tests(value, function, field)
    if all(isinstance(each, str) for each in value):
        return code_tests(value, function, field, setup)
    if all(is_list(each) and len(each) == 2 for each in value):
        return paired_tests(
            [each[0] for each in value], [each[1] for each in value], function, field
        )
    raise UnusableRecordError(f"`{field}` is in no known form: {_KNOWN}")


def paired_tests(
    given: Sequence[Any], told: Sequence[Any], function: str | None, field: str
) -> Tests | None:
    """Inputs beside their outputs: of a program or, where a `function` is named, its arguments."""
    if len(given) != len(told):
        raise UnusableRecordError(f"`{field}` holds {len(given)} inputs for {len(told)} outputs")
    if not given:
        return None
    if function is None:
        texts = ((_as_text(g, field), _as_text(t, field)) for g, t in zip(given, told, strict=True))
        return StdioTests(tuple(starmap(StdioCase, texts)))
    calls = [_arguments(each, function, field) for each in given]
    results = [_written(each) for each in told] if _are_texts(given) else _unwrapped(told)
    return FunctionTests(function, tuple(map(FunctionCase, calls, results)))


def case_tests(
    cases: Sequence[Mapping[str, Any]], function: str | None, field: str
) -> Tests | None:
    """Cases that each have an input and an output. All are of one kind."""
    given: list[Any] = []
    told: list[Any] = []
    for index, case in enumerate(cases):
        has_input = any(name in case for name in _INPUT_NAMES)
        output = _first(case, _OUTPUT_NAMES)
        if not has_input or (output is None and not any(name in case for name in _OUTPUT_NAMES)):
            names = ", ".join(case) or "(none)"
            raise UnusableRecordError(f"`{field}[{index}]` has no input and output, but {names}")
        given.append(_first(case, _INPUT_NAMES))
        told.append(output)
    is_program, names = _kind_of_cases(cases, function, field)
    if not is_program and names is None:
        raise UnusableRecordError(f"`{field}` calls a function, but does not say which")
    return paired_tests(given, told, None if is_program else names, field)


def _kind_of_cases(
    cases: Sequence[Mapping[str, Any]], function: str | None, field: str
) -> tuple[bool, str | None]:
    """Whether they feed a program, and the function that they call otherwise."""
    kinds = {_is_program(case) for case in cases}
    names = {name for case in cases if (name := _function_of(case)) is not None}
    if len(names) > 1 or len(kinds - {None}) > 1:
        raise UnusableRecordError(f"`{field}` mixes programs and functions, or several functions")
    name = next(iter(names), function)
    said = next(iter(kinds - {None}), None)
    return (name is None if said is None else said), name


def _is_program(case: Mapping[str, Any]) -> bool | None:
    """None where the case does not say."""
    kind = str(case.get("testtype") or case.get("type") or case.get("test_type") or "").lower()
    return {"s": True, "f": False, "c": False}.get(kind[:1]) if kind else None


def _function_of(case: Mapping[str, Any]) -> str | None:
    name = _first(case, _FUNCTION_NAMES)
    inner = case.get("metadata")
    if name is None and is_object(inner):
        name = _first(inner, _FUNCTION_NAMES)
    return _bare(name)


def _bare(name: object) -> str | None:
    """`name` of `Solution().name`."""
    return name.strip().rpartition(".")[2] or None if isinstance(name, str) else None


def _as_text(published: object, field: str) -> str:
    """Standard input or output, published as text, a number, or a list of lines."""
    if is_object(published) and len(published) == 1:
        published = _first(published, ("stdin", "stdout")) or published
    match published:
        case str():
            return published
        case bool() | float():
            return str(published)
        case int():
            return digits_of(published)
        case list():
            lines = cast("list[object]", published)
            return "\n".join(_as_text(line, field) for line in lines)
        case None:
            raise UnusableRecordError(f"`{field}` holds a test without its text (null)")
        case _:
            raise UnusableRecordError(f"`{field}` holds a test that is no text")


def _are_texts(given: Sequence[Any]) -> bool:
    return all(isinstance(each, str) for each in given)


def _arguments(published: object, function: str, field: str) -> tuple[Any, ...]:
    """A list of arguments; an object of them by name; or one on each line, as JSON."""
    match published:
        case list():
            return tuple(cast("list[Any]", published))
        case dict():
            return tuple(cast("dict[str, Any]", published).values())
        case str():
            lines = published.strip().split("\n") if published.strip() else []
            return tuple(map(_written, lines))
        case _:
            raise UnusableRecordError(f"`{field}` calls `{function}` with what is no argument list")


def _written(published: object) -> Any:
    """The value that a text shows as JSON, else the text itself."""
    if not isinstance(published, str):
        return published
    try:
        return decode_json(published)
    except UnusableRecordError:
        return published


def _unwrapped(outputs: Sequence[Any]) -> Sequence[Any]:
    """The results; mostly each is published inside a list of one.

    The APPS checker takes an answer that equals either the output or its first element. Here
    one reading holds for the whole problem: wrapped, if every output could be.
    """
    if all(is_list(output) and len(output) == 1 for output in outputs):
        return [output[0] for output in outputs]
    return outputs


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
