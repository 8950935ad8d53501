"""Holds what an answer gave against what was expected. Pure functions; nothing is executed.

`matches` works on the JSON form of a value (see `inside.plain`), so that nothing an adversary
sent is ever hashed or called here. Tuples equal lists, and a set equals a list of its members in
any order, because expected values come from JSON; a dict's number keys equal their JSON strings.
A bool is no number. NaN equals NaN.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from pettingllms.judge.sandbox.inside.plain import Wire, encode, is_list, is_tagged
from pettingllms.records import Comparison

_FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NUMBER_CHARACTERS = 400
_MOST_PAIRED_OFF = 1000
_Shape = tuple[str, Any]


def matches(got: Wire, expected: object, comparison: Comparison) -> bool:
    """Whether `got`, in its JSON form, is the `expected` value, plain data itself."""
    try:
        return _same(got, encode(expected), comparison)
    except RecursionError:
        return False


def _same(got: Wire, expected: Wire, comparison: Comparison) -> bool:
    kind, content = _shape(got)
    expected_kind, expected_content = _shape(expected)
    if {kind, expected_kind} <= {"sequence", "set"}:
        is_unordered = comparison.unordered or "set" in (kind, expected_kind)
        compare = _same_members if is_unordered else _same_items
        return compare(content, expected_content, comparison)
    same = _BY_KIND.get(kind)
    return (
        kind == expected_kind and same is not None and same(content, expected_content, comparison)
    )


def _shape(wire: Wire) -> _Shape:
    if is_list(wire):
        return "sequence", wire
    if wire is None or isinstance(wire, bool | str):
        return "atom", (type(wire).__name__, wire)
    if isinstance(wire, int | float):
        return "number", wire
    if is_tagged(wire):
        ((tag, payload),) = wire.items()
        return _tagged_shape(tag, payload)
    return "malformed", None


def _tagged_shape(tag: str, payload: Any) -> _Shape:
    try:
        match tag:
            case "tuple" | "set" | "frozenset" | "dict" if is_list(payload):
                return _CONTAINER_KINDS[tag], payload
            case "int":
                return "number", int(payload, 16)
            case "float":
                return "number", float(payload)
            case "bytes" | "bytearray" | "complex" | "decimal" | "fraction" | "range" | "deque":
                return "atom", (tag, payload)
            case _:
                return "malformed", None
    except (TypeError, ValueError):
        return "malformed", None


_CONTAINER_KINDS = {"tuple": "sequence", "set": "set", "frozenset": "set", "dict": "dict"}


def _same_atom(got: Any, expected: Any, _: Comparison) -> bool:
    return got == expected


def _same_number(got: float, expected: float, comparison: Comparison) -> bool:
    if isinstance(got, int) and isinstance(expected, int):
        return got == expected
    return _is_close(got, expected, comparison.float_tolerance)


def _is_nan(number: float) -> bool:
    return isinstance(number, float) and math.isnan(number)


def _is_close(got: float, expected: float, tolerance: float) -> bool:
    try:
        got, expected = float(got), float(expected)
    except OverflowError:
        return False
    if math.isnan(got) or math.isnan(expected):
        return math.isnan(got) and math.isnan(expected)
    return math.isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance)


def _same_items(got: list[Wire], expected: list[Wire], comparison: Comparison) -> bool:
    return len(got) == len(expected) and all(
        _same(one, other, comparison) for one, other in zip(got, expected, strict=True)
    )


def _same_members(got: list[Wire], expected: list[Wire], comparison: Comparison) -> bool:
    if len(got) != len(expected):
        return False
    ours, theirs = sorted(got, key=_order), sorted(expected, key=_order)
    return _same_items(ours, theirs, comparison) or (
        len(ours) <= _MOST_PAIRED_OFF and _pair_off(ours, theirs, comparison)
    )


def _pair_off(got: list[Wire], expected: list[Wire], comparison: Comparison) -> bool:
    """Finds a partner for each member: numbers that are equal within tolerance may sort apart."""
    left = list(expected)
    for one in got:
        partner = next((at for at, other in enumerate(left) if _same(one, other, comparison)), None)
        if partner is None:
            return False
        del left[partner]
    return True


def _order(wire: Wire) -> tuple[str, float, Any]:
    """A sort key under which equal values come together, whatever their kinds."""
    kind, content = _shape(wire)
    if kind == "number":
        return kind, math.inf if _is_nan(content) else content, ""
    if kind in ("sequence", "set", "dict"):
        name = "dict" if kind == "dict" else "sequence"
        return name, len(content), sorted(_order(item) for item in content)
    return kind, 0, json.dumps(content)


def _same_dict(got: list[Wire], expected: list[Wire], comparison: Comparison) -> bool:
    ours, theirs = _by_key(got), _by_key(expected)
    return (
        ours is not None
        and theirs is not None
        and ours.keys() == theirs.keys()
        and all(_same(ours[key], theirs[key], comparison) for key in theirs)
    )


def _by_key(pairs: list[Wire]) -> dict[str, Wire] | None:
    """The values under their keys' JSON text; None where two keys share it, or a pair is none."""
    if not all(is_list(pair) and len(pair) == 2 for pair in pairs):
        return None
    values = {key if isinstance(key, str) else json.dumps(key): value for key, value in pairs}
    return values if len(values) == len(pairs) else None


_BY_KIND: dict[str, Callable[[Any, Any, Comparison], bool]] = {
    "atom": _same_atom,
    "number": _same_number,
    "dict": _same_dict,
}


def same_output(got: str, expected: str, comparison: Comparison) -> bool:
    """Whether two printed texts agree, white space at line ends and empty last lines aside.

    A number matches within the tolerance where a number with a point or an exponent was
    expected. With `unordered`, lines may come in any order.
    """
    ours, theirs = _lines(got), _lines(expected)
    if comparison.unordered:
        ours, theirs = sorted(ours), sorted(theirs)
    return ours == theirs or (
        len(ours) == len(theirs)
        and all(
            one == other or _same_line(one.split(), other.split(), comparison.float_tolerance)
            for one, other in zip(ours, theirs, strict=True)
        )
    )


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.rstrip().split("\n")]
    return lines if lines != [""] else []


def _same_line(got: list[str], expected: list[str], tolerance: float) -> bool:
    return len(got) == len(expected) and all(
        one == other or _same_token(one, other, tolerance)
        for one, other in zip(got, expected, strict=True)
    )


def _same_token(got: str, expected: str, tolerance: float) -> bool:
    if max(len(got), len(expected)) > _NUMBER_CHARACTERS:
        return False
    if not (_FLOAT.fullmatch(expected) and _NUMBER.fullmatch(got)):
        return False
    return _is_close(float(got), float(expected), tolerance)
