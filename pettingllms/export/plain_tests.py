"""A problem's tests as JSON text, and back: what a trainer needs to judge answers by itself.

One type for tests of every kind, so that tables load it; integers stay exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, cast

from pettingllms.files.json import made_of
from pettingllms.problems.record import decode_json, digits_of
from pettingllms.records import (
    AssertTests,
    FunctionTests,
    ProgramTests,
    StdioTests,
    Tests,
)

_KINDS: Mapping[str, type[Tests]] = {
    "function": FunctionTests,
    "stdio": StdioTests,
    "asserts": AssertTests,
    "program": ProgramTests,
}
_LONG_BITS = 10_000


def encode_tests(tests: Tests) -> str:
    """Without what is as it is by default."""
    kind = next(name for name, kind in _KINDS.items() if isinstance(tests, kind))
    usual = {field.name: field.default for field in fields(tests)}
    plain = asdict(tests).items()
    told = {name: value for name, value in plain if getattr(tests, name) != usual[name]}
    return _json({"kind": kind, **told})


def decode_tests(text: str) -> Tests:
    """Raises: ValueError where the text holds none."""
    try:
        told: dict[str, Any] = dict(decode_json(text))
        return made_of(_KINDS[told.pop("kind")], told)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"no tests in plain data: {text[:80]!r} ({error})") from error


def _json(value: Any) -> str:
    try:
        return json.dumps(value)
    except ValueError:  # Python's own limit for integers as text, which published tests pass
        digits: dict[str, str] = {}
        text = json.dumps(_without_long_integers(value, digits))
        for mark, number in digits.items():
            text = text.replace(json.dumps(mark), number)
        return text


def _without_long_integers(value: Any, digits: dict[str, str]) -> Any:
    """With a mark in the place of each, whose digits are noted."""
    match value:
        case bool():
            return value
        case int() if value.bit_length() > _LONG_BITS:
            mark = f"\0integer {len(digits)}\0"
            digits[mark] = digits_of(value)
            return mark
        case list() | tuple():
            return [_without_long_integers(item, digits) for item in cast("list[Any]", value)]
        case dict():
            items = cast("dict[str, Any]", value).items()
            return {name: _without_long_integers(item, digits) for name, item in items}
        case _:
            return value
