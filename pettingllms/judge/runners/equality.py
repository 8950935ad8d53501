"""Python's own `==`, `is` and truth of what an answer gave, in its JSON form, beside a literal.

Nothing an adversary sent is hashed or called, and no number is computed from its words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from pettingllms.judge.sandbox.inside.plain import Wire, is_list, is_tagged


class NotALiteralError(Exception):
    """A value of a kind that no literal shows, and that may equal one all the same."""


def equals(got: Wire, expected: object) -> bool:
    """Whether `got`, in its JSON form, equals the literal `expected` as Python's `==` has it.

    Takes no more steps than `expected` has parts, squared. Raises: NotALiteralError where `got` is
    of a kind that no literal shows, and may equal one all the same.
    """
    match expected:
        case list():
            items = got if is_list(got) else _payload(got)
            return _equal_items(items, cast("list[object]", expected))
        case tuple():
            return _equal_items(_payload(got, "tuple"), cast("tuple[object, ...]", expected))
        case set():
            return _equal_members(_payload(got, "set", "frozenset"), cast("set[object]", expected))
        case dict():
            return _equal_pairs(_payload(got, "dict"), cast("dict[object, object]", expected))
        case _:
            return not is_list(got) and _scalar(got) == expected


def is_same(got: Wire, expected: bool | None) -> bool:
    """Whether `got` is that very constant."""
    return got is expected


def has_truth(got: Wire, expected: bool) -> bool:
    """Whether `got` is true, or false, where a condition is wanted. Raises: NotALiteralError."""
    content = got if is_list(got) else _payload(got, *_OTHER_KINDS)
    return bool(_scalar(got) if content is None else content) is expected


_UNLIKE_ANYTHING = object()
_OTHER_KINDS = frozenset({"tuple", "dict", "set", "frozenset"})


def _payload(got: Wire, *tags: str) -> Any:
    """What is under one of `tags`; None where another kind is. Raises: NotALiteralError."""
    if is_tagged(got):
        ((tag, payload),) = got.items()
        if tag in tags:
            return payload
        _scalar(got)
    return None


def _scalar(got: Wire) -> object:
    if not isinstance(got, dict):
        return got
    if not is_tagged(got):
        return _UNLIKE_ANYTHING
    ((tag, payload),) = got.items()
    if tag in _OTHER_KINDS:
        return _UNLIKE_ANYTHING
    try:
        return _plain_scalar(tag, payload)
    except (TypeError, ValueError, LookupError, OverflowError):
        return _UNLIKE_ANYTHING


def _plain_scalar(tag: str, payload: Any) -> object:
    match tag:
        case "int":
            # In base 16, which takes linear time; Python bounds decimal ones for that reason.
            return int(payload, 16)
        case "float":
            return float(payload)
        case "bytes":
            return bytes.fromhex(payload)
        case "complex":
            real, imaginary = map(_part, payload)
            return complex(real, imaginary)
        case _:
            raise NotALiteralError(tag)


def _part(wire: Wire) -> float:
    """Of a complex number. Raises TypeError, ValueError, OverflowError."""
    if isinstance(wire, int | float):
        return float(wire)
    return float(wire["float"]) if is_tagged(wire) and isinstance(wire["float"], str) else math.nan


def _equal_items(got: Any, expected: Sequence[object]) -> bool:
    return is_list(got) and len(got) == len(expected) and all(map(equals, got, expected))


def _equal_members(got: Any, expected: set[object]) -> bool:
    return (
        is_list(got)
        and len(got) == len(expected)
        and all(any(equals(one, member) for one in got) for member in expected)
    )


def _equal_pairs(got: Any, expected: dict[object, object]) -> bool:
    if not (is_list(got) and len(got) == len(expected)):
        return False
    if not all(is_list(pair) and len(pair) == 2 for pair in got):
        return False
    return all(
        any(equals(name, key) and equals(item, value) for name, item in got)
        for key, value in expected.items()
    )
