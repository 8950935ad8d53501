"""Verdicts in words: short, clean text about values, for people and for the next prompt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from pettingllms.judge.sandbox.inside.plain import Wire, is_list, is_tagged

MOST_CHARACTERS = 500
_DEPTH_SHOWN = 20
_BRACKETS = {
    "tuple": ("(", ")"),
    "set": ("{", "}"),
    "frozenset": ("frozenset({", "})"),
    "range": ("range(", ")"),
    "complex": ("complex(", ")"),
    "deque": ("deque([", "])"),
    "dict_keys": ("dict_keys([", "])"),
    "dict_values": ("dict_values([", "])"),
    "dict_items": ("dict_items([", "])"),
}


def clip_end(text: str) -> str:
    """`text` as far as it fits, in characters that UTF-8 can carry."""
    kept = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
    return _clean(kept)


def clip_start(text: str) -> str:
    """The end of `text`: the part of a traceback that says most."""
    text = text.strip()
    kept = text if len(text) <= MOST_CHARACTERS else "…" + text[1 - MOST_CHARACTERS :]
    return _clean(kept)


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def show(wire: Wire) -> str:
    """A value in its JSON form, as Python would print it; total, and quick on huge values."""
    text = ""
    for piece in _pieces(wire, 0):
        text += piece
        if len(text) > MOST_CHARACTERS:
            break
    return clip_end(text)


def show_call(name: str, args: list[Wire]) -> str:
    """A call of `name` in Python's notation."""
    return clip_end(f"{name}({', '.join(show(arg) for arg in args)})")


def _pieces(wire: Wire, depth: int) -> Iterator[str]:
    if depth > _DEPTH_SHOWN:
        yield "…"
    elif is_list(wire):
        yield from _listed("[", wire, "]", depth)
    elif is_tagged(wire):
        ((tag, payload),) = wire.items()
        yield from _tagged(tag, payload, depth)
    elif isinstance(wire, str):
        yield repr(wire[: MOST_CHARACTERS + 1])
    else:
        yield "<malformed>" if isinstance(wire, dict) else repr(wire)


def _tagged(tag: str, payload: Wire, depth: int) -> Iterator[str]:
    if tag == "dict" and is_list(payload):
        yield from _dictionary(payload, depth)
    elif tag in _BRACKETS and is_list(payload):
        start, end = _BRACKETS[tag]
        is_single = tag == "tuple" and len(payload) == 1
        yield from _listed(start, payload, "," * is_single + end, depth)
    elif tag in ("object", "name"):
        yield _label(payload)
    elif isinstance(payload, str):
        text = _decimal(payload) if tag == "int" else payload[:MOST_CHARACTERS]
        yield text if tag in ("int", "float") else f"{tag}({text!r})"
    else:
        yield f"<{tag}>"


def _decimal(number: str) -> str:
    """A whole number that came in base 16, in base 10 while that is short."""
    with suppress(ValueError):
        if len(number) <= MOST_CHARACTERS:
            return str(int(number, 16))
    return number[:MOST_CHARACTERS]


def _label(payload: Wire) -> str:
    label: object = payload[-1] if is_list(payload) and payload else payload
    return label[:MOST_CHARACTERS] if isinstance(label, str) else "<object>"


def _listed(start: str, items: list[Wire], end: str, depth: int) -> Iterator[str]:
    yield start
    for position, item in enumerate(islice(items, MOST_CHARACTERS)):
        if position:
            yield ", "
        yield from _pieces(item, depth + 1)
    yield end


def _dictionary(pairs: list[Wire], depth: int) -> Iterator[str]:
    yield "{"
    for position, pair in enumerate(islice(pairs, MOST_CHARACTERS)):
        if position:
            yield ", "
        key, value = pair if is_list(pair) and len(pair) == 2 else (pair, None)
        yield from _pieces(key, depth + 1)
        yield ": "
        yield from _pieces(value, depth + 1)
    yield "}"
