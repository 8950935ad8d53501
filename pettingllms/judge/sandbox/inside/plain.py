"""Plain data as JSON: what may cross between the host, the candidate and the tests.

Scalars and lists stand for themselves; everything else is an object with one key, its tag:
`{"tuple": [1, 2]}`. Subclasses travel as their base (a Counter as a dict, an IntEnum as an
int). A range, a dict view and a deque arrive as what they were; an iterator as an iterator over
its first ITERATOR_ITEMS items, so that it equals no list. Whatever else stays where it is: a
handle travels, `{"object": [number, what it is, label]}`.
"""

# The tables hold lambdas over Any, and the types of bare containers:
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeGuard

Wire = Any
Keep = Callable[[object], Wire]
Resolve = Callable[[str, Any], object]

ITERATOR_ITEMS = 10_000
_EXACT = 1 << 63


def is_list(wire: Wire) -> TypeGuard[list[Wire]]:
    return isinstance(wire, list)


def is_tagged(wire: Wire) -> TypeGuard[dict[str, Wire]]:
    """Whether `wire` is a JSON object with one key, its tag."""
    return isinstance(wire, dict) and len(wire) == 1


class NotPlainError(TypeError):
    """A value that has no plain form, where no handle can stand for it."""


def refuse(value: object) -> Wire:
    raise NotPlainError(f"{type(value).__name__} is not plain data")


def encode(value: Any, keep: Keep = refuse) -> Wire:
    """The JSON form of `value`; `keep` makes the handle of what has none."""
    kind: object = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_EXACT < value < _EXACT else {"int": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if kind is list:
        return [encode(item, keep) for item in value]
    return _encode_tagged(value, keep)


def _encode_tagged(value: Any, keep: Keep) -> Wire:
    for base, tag, payload in _ENCODERS:
        if isinstance(value, base):
            return {tag: payload(value, keep)}
    for base, bare in _SUBCLASSED:
        if isinstance(value, base):
            return encode(bare(value), keep)
    return {"iterator": _first_items(value, keep)} if isinstance(value, Iterator) else keep(value)


def _items(value: Iterable[Any], keep: Keep) -> Wire:
    return [encode(item, keep) for item in value]


def _pairs(value: Any, keep: Keep) -> Wire:
    return [[encode(key, keep), encode(item, keep)] for key, item in value.items()]


def _first_items(value: Iterator[Any], keep: Keep) -> Wire:
    items = list(itertools.islice(value, ITERATOR_ITEMS + 1))
    return [_items(items[:ITERATOR_ITEMS], keep), len(items) <= ITERATOR_ITEMS]


def _text(value: object, _: Keep) -> Wire:
    return str(value)


_ENCODERS: tuple[tuple[type[Any], str, Callable[[Any, Keep], Wire]], ...] = (
    (tuple, "tuple", _items),
    (dict, "dict", _pairs),
    (frozenset, "frozenset", _items),
    (set, "set", _items),
    (bytes, "bytes", lambda value, _: value.hex()),
    (bytearray, "bytearray", lambda value, _: value.hex()),
    (complex, "complex", lambda value, keep: _items((value.real, value.imag), keep)),
    (range, "range", lambda value, keep: _items((value.start, value.stop, value.step), keep)),
    (type({}.keys()), "dict_keys", _items),
    (type({}.values()), "dict_values", _items),
    (type({}.items()), "dict_items", _items),
    (deque, "deque", _items),
    (Decimal, "decimal", _text),
    (Fraction, "fraction", _text),
)


# Texts and numbers by what they hold, whatever a class has made of `str`: an enum is its value.
_SUBCLASSED: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (list, list),
)


def arrives_whole(value: Any) -> bool:
    """Whether decoding its JSON form gives the same again; so does an object for which a handle
    stands. A subclass arrives as its base, and an iterator of a class of its own as any other."""
    kind = type(value)
    if kind in _WHOLE:
        return True
    if kind in (list, tuple, set, frozenset, deque):
        return all(map(arrives_whole, value))
    if kind is dict:
        return all(map(arrives_whole, value)) and all(map(arrives_whole, value.values()))
    if isinstance(value, Iterator):
        return isinstance(value, _ITERATORS)
    return not isinstance(value, _CHANGED)


_WHOLE = {type(None), bool, int, float, str, bytes, bytearray, complex, range, Decimal, Fraction}
_CHANGED = (
    *(tuple, dict, frozenset, set, bytes, bytearray, complex, range, deque, Decimal, Fraction),
    *(str, int, float, list),
)
_ITERATORS = (
    type(iter([])),
    type(iter(())),
    type(_ for _ in ()),
    map,
    filter,
    zip,
    enumerate,
    reversed,
)


def refuse_handle(tag: str, payload: Any) -> object:
    raise NotPlainError(f"no value is called {tag} here: {payload!r:.100}")


def decode(wire: Wire, resolve: Resolve = refuse_handle) -> Any:
    """The plain value of `wire`; `resolve(tag, payload)` finds what a handle or a name stands for.

    Raises ValueError, TypeError or ArithmeticError when `wire` is no plain data.
    """
    if is_list(wire):
        return [decode(item, resolve) for item in wire]
    if not isinstance(wire, dict):
        return wire
    if not is_tagged(wire):
        raise NotPlainError("an object without a tag")
    ((tag, payload),) = wire.items()
    scalar, container = _SCALARS.get(tag), _CONTAINERS.get(tag)
    if scalar:
        return scalar(payload)
    if container:
        return container(*_decode_payload(tag, payload, resolve))
    return resolve(tag, payload)


def _decode_payload(tag: str, payload: Any, resolve: Resolve) -> Any:
    if tag == "iterator":
        items, is_complete = payload
        return decode(items, resolve), bool(is_complete)
    items = decode(payload, resolve)
    return items if tag in ("range", "complex") else (items,)


def _replay(items: list[Any], is_complete: bool) -> Iterator[Any]:
    yield from items
    if not is_complete:
        raise RuntimeError(f"only the first {ITERATOR_ITEMS:,} items of an iterator are carried")


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float,
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "decimal": Decimal,
    "fraction": Fraction,
}
_CONTAINERS: dict[str, Callable[..., Any]] = {
    "tuple": tuple,
    "dict": dict,
    "frozenset": frozenset,
    "set": set,
    "complex": complex,
    "range": range,
    "dict_keys": lambda items: dict.fromkeys(items).keys(),
    "dict_values": lambda items: dict(enumerate(items)).values(),
    "dict_items": lambda items: dict(items).items(),
    "deque": deque,
    "iterator": _replay,
}
