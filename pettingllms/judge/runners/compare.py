"""Holds the value that an answer returned against the expected one. Nothing is executed.

`matches` works on the JSON form of a value (see `inside.plain`), so that nothing an adversary
sent is ever hashed or called here. It says what Python's `==` says, but for what JSON cannot
tell: a tuple equals a list, a dict's keys equal their JSON text, floats match within a tolerance,
and NaN equals NaN. The work is bounded by the size of the expected value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, cast

from pettingllms.judge.sandbox.inside.plain import Wire, encode, is_list, is_tagged
from pettingllms.records import Comparison, Outcome

_ABSOLUTE_TOLERANCE = 1e-9
"""Of floats whose problem says nothing of precision: for a sum that misses zero by rounding."""
_PARTS_PER_PART = 4
"""A list is one part, a tagged tuple two, and a pair of a dict one more."""
_SPARE_PARTS = 64
_MOST_PAIRED = 300
_BYTES_PER_BYTE = 64
_SPARE_BYTES = 1 << 14
_DECIMAL = re.compile(r"-?[0-9]{1,400}(\.[0-9]{0,400})?(E[+-]?[0-9]{1,3})?")
_FRACTION = re.compile(r"-?[0-9]{1,300}/[0-9]{1,300}")


class _Shape(NamedTuple):
    """What kind of value a wire is, and its content."""

    kind: str
    content: Any


_MALFORMED = _Shape("malformed", None)


def may_match(size: int, expected_size: int) -> bool:
    """Whether a value of `size` bytes in its JSON form can equal one of `expected_size`: what is
    far larger need not be read."""
    return size <= expected_size * _BYTES_PER_BYTE + _SPARE_BYTES


def unlike(comparison: Comparison) -> Outcome:
    """What an answer is that does not match: wrong, where the expected one is the only right."""
    return Outcome.UNSURE if comparison.several_right else Outcome.WRONG_ANSWER


def matches(got: Wire, expected: object, comparison: Comparison) -> bool:
    """Whether `got`, in its JSON form, is the `expected` value, plain data itself. Never raises
    for anything that `got` may be."""
    try:
        wanted = encode(expected)
        most = _parts(wanted, math.inf) * _PARTS_PER_PART + _SPARE_PARTS
        return _parts(got, most) <= most and _Comparing(comparison).same(got, wanted)
    except (RecursionError, ArithmeticError):
        return False


def matches_data(got: Wire, expected: object, comparison: Comparison) -> bool:
    """As `matches`, where `expected` was read from JSON: what equals it there, as most answers do,
    is the same under any rule."""
    try:
        return got == encode(expected) or matches(got, expected, comparison)
    except RecursionError:
        return False


def _parts(wire: Wire, most: float) -> int:
    """How many values there are in it, itself among them; counted until there are too many."""
    count, waiting = 0, [wire]
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        if is_list(one):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(cast("dict[str, Wire]", one).values())
    return count


class _Comparing:
    """The rules of one comparison, applied at every depth."""

    def __init__(self, rules: Comparison) -> None:
        self._rules = rules
        self._pairs_left = _MOST_PAIRED**2
        self._same_kind: dict[str, Callable[[Any, Any, int], bool]] = {
            "nothing": lambda got, expected, depth: True,
            "text": self._same_text,
            "atom": lambda got, expected, depth: got == expected,
            "number": self._same_number,
            "sequence": self._same_sequence,
            "set": self._same_members,
            "dict": self._same_dict,
        }

    def same(self, got: Wire, expected: Wire, depth: int = 0) -> bool:
        ours, theirs = _shape(got), _shape(expected)
        if {ours.kind, theirs.kind} == {"sequence", "set"}:
            if self._is_unordered(depth):
                return self._same_members(ours.content, theirs.content, depth)
            return _is_set_of_sets(ours) and self._same_without_order(got, expected)
        compare = self._same_kind.get(ours.kind)
        if ours.kind != theirs.kind or compare is None:
            return False
        return compare(ours.content, theirs.content, depth)

    def _is_unordered(self, depth: int) -> bool:
        return self._rules.unordered and not (self._rules.ordered_inside and depth)

    def _same_without_order(self, got: Wire, expected: Wire) -> bool:
        free = _Comparing(replace(self._rules, unordered=True, ordered_inside=False))
        free._pairs_left = self._pairs_left
        is_same = free.same(got, expected)
        self._pairs_left = free._pairs_left
        return is_same

    def _same_text(self, got: str, expected: str, _: int) -> bool:
        if self._rules.case_blind:
            return got.casefold() == expected.casefold()
        return got == expected

    def _same_number(self, got: float, expected: float, _: int) -> bool:
        if got == expected:
            return True
        is_whole = isinstance(expected, int) and (
            isinstance(got, int) or not self._rules.is_numeric
        )
        return not is_whole and not self._rules.exact and is_close(got, expected, self._rules)

    def _same_sequence(self, got: list[Wire], expected: list[Wire], depth: int) -> bool:
        if len(got) != len(expected):
            return False
        if self._is_unordered(depth):
            return self._same_members(got, expected, depth)
        # In order first: that is linear, and most answers are equal or have another first item.
        if self._same_items(got, expected, depth):
            return True
        return self._is_pair(expected) and self._same_items(got[::-1], expected, depth)

    def _is_pair(self, items: list[Wire]) -> bool:
        """Two scalars that may be turned round."""
        return self._rules.unordered_pairs and len(items) == 2 and not any(map(is_list, items))

    def _same_items(self, got: list[Wire], expected: list[Wire], depth: int) -> bool:
        return all(
            self.same(one, other, depth + 1) for one, other in zip(got, expected, strict=True)
        )

    def _same_members(self, got: list[Wire], expected: list[Wire], depth: int) -> bool:
        """In any order. Sorted, equal members come together; floats that are equal within the
        tolerance may not, and are looked for, as long as they are few."""
        if len(got) != len(expected):
            return False
        ours = [
            one for _, one in sorted((self._key(one, depth + 1), at) for at, one in enumerate(got))
        ]
        theirs = [
            one
            for _, one in sorted((self._key(one, depth + 1), at) for at, one in enumerate(expected))
        ]
        left = [
            (got[one], expected[other])
            for one, other in zip(ours, theirs, strict=True)
            if not self.same(got[one], expected[other], depth + 1)
        ]
        return self._pair_off([one for one, _ in left], [other for _, other in left], depth)

    def _pair_off(self, got: list[Wire], expected: list[Wire], depth: int) -> bool:
        for one in got:
            # A budget for the whole comparison: an adversary may send lists of near-equal floats.
            self._pairs_left -= len(expected)
            if self._pairs_left < 0:
                return False
            partners = (at for at, other in enumerate(expected) if self.same(one, other, depth + 1))
            partner = next(partners, None)
            if partner is None:
                return False
            del expected[partner]
        return True

    def _key(self, wire: Wire, depth: int) -> tuple[Any, ...]:
        """Something to sort by, under which equal values come together, whatever their kinds."""
        kind, content = _shape(wire)
        match kind:
            case "number":
                return (0, math.inf if content != content else content)  # noqa: PLR0124  # NaN
            case "text":
                return (1, content.casefold() if self._rules.case_blind else content)
            case "sequence" | "set":
                return (2, len(content), *self._item_keys(kind, content, depth))
            case "dict":
                pairs = _by_key(content) or {}
                return (
                    3,
                    len(pairs),
                    *((name, self._key(pairs[name], depth + 1)) for name in sorted(pairs)),
                )
            case _:
                return (4, kind, json.dumps(content))

    def _item_keys(self, kind: str, items: list[Wire], depth: int) -> list[tuple[Any, ...]]:
        keys = [self._key(item, depth + 1) for item in items]
        is_free = kind == "set" or self._is_pair(items) or self._is_unordered(depth)
        return sorted(keys) if is_free else keys

    def _same_dict(self, got: list[Wire], expected: list[Wire], depth: int) -> bool:
        ours, theirs = _by_key(got), _by_key(expected)
        return (
            ours is not None
            and theirs is not None
            and ours.keys() == theirs.keys()
            and all(self.same(ours[key], theirs[key], depth + 1) for key in theirs)
        )


def _is_set_of_sets(shape: _Shape) -> bool:
    """What is built of sets all through is meant to have no order, which lists in JSON, where no
    set can be expected, cannot say. Of a single set nobody can tell: it may have lost an order."""
    members: list[Wire] = shape.content if shape.kind == "set" else []
    return bool(members) and all(_shape(one).kind == "set" for one in members)


def is_close(got: float, expected: float, rules: Comparison) -> bool:
    """Within the tolerance, absolute or relative; where none was asked for, an absolute one is for
    rounding alone. NaN is close to itself."""
    try:
        got, expected = float(got), float(expected)
    except OverflowError:
        return False
    if math.isnan(got) or math.isnan(expected):
        return math.isnan(got) and math.isnan(expected)
    relative = rules.float_tolerance
    absolute = relative if rules.is_numeric else _ABSOLUTE_TOLERANCE
    return math.isclose(got, expected, rel_tol=relative, abs_tol=absolute)


def _by_key(pairs: list[Wire]) -> dict[str, Wire] | None:
    """The values under their keys' JSON text; None where two keys share it, or a pair is none."""
    if not all(is_list(pair) and len(pair) == 2 for pair in pairs):
        return None
    values = {key if isinstance(key, str) else json.dumps(key): value for key, value in pairs}
    return values if len(values) == len(pairs) else None


def _shape(wire: Wire) -> _Shape:
    if wire is None:
        return _Shape("nothing", None)
    if is_list(wire):
        return _Shape("sequence", wire)
    if isinstance(wire, str):
        return _Shape("text", wire)
    if isinstance(wire, int | float):  # a bool is 0 or 1, as in Python
        return _Shape("number", wire)
    if is_tagged(wire):
        ((tag, payload),) = wire.items()
        return _tagged_shape(tag, payload)
    return _MALFORMED


def _tagged_shape(tag: str, payload: Any) -> _Shape:
    match tag, payload:
        case "tuple" | "set" | "frozenset" | "dict", list():
            return _Shape(_CONTAINER_KINDS[tag], payload)
        case "int" | "float" | "decimal" | "fraction", str():
            return _number_shape(tag, payload)
        case "bytes" | "bytearray" | "complex" | "range" | "deque", _:
            return _Shape("atom", (tag, payload))
        case _:
            return _MALFORMED


_CONTAINER_KINDS = {"tuple": "sequence", "set": "set", "frozenset": "set", "dict": "dict"}


def _number_shape(tag: str, text: str) -> _Shape:
    """Of a number in words, which an adversary chose: only what is quickly worked out."""
    try:
        match tag:
            case "int":
                return _Shape("number", int(text, 16))
            case "decimal" if _DECIMAL.fullmatch(text):
                return _Shape("number", float(text))
            case "fraction" if _FRACTION.fullmatch(text):
                above, below = map(int, text.split("/"))
                return _Shape("number", above / below)
            case "float" if text in ("nan", "inf", "-inf"):
                return _Shape("number", float(text))
            case _:
                return _Shape("atom", (tag, text))
    except (ValueError, ArithmeticError):
        return _MALFORMED
