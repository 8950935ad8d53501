"""JSON whose text may be ill-formed: a model can answer with half of a surrogate pair.

UTF-8 cannot carry one, and orjson refuses it both ways. Here each lone surrogate becomes U+FFFD,
the replacement character, while a pair that belongs together is the character it stands for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import msgspec
import orjson

_LONE_SURROGATE = re.compile(
    rb"(\\[^u]|\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F]..", re.DOTALL
)
"""A half of a pair, as JSON escapes it; the group takes what only looks like one."""


def dumps(value: Any, option: int = 0) -> bytes:
    """`orjson.dumps`, for text of any kind."""
    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError:
        return orjson.dumps(_repaired(value), option=option)


def loads(content: bytes) -> Any:
    """`orjson.loads`, for text of any kind. Raises: orjson.JSONDecodeError."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return orjson.loads(_LONE_SURROGATE.sub(lambda found: found[1] or rb"\ufffd", content))


def well_formed(value: Any) -> Any:
    """`value` itself, or, where its text is ill-formed, a copy with well-formed text."""
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return _repaired(value)
    return value


def _repaired(value: Any) -> Any:
    """With a dict for every kind of mapping."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case Mapping():
            items = cast("Mapping[Any, Any]", value).items()
            return {_repaired(key): _repaired(item) for key, item in items}
        case list() | tuple():
            return [_repaired(item) for item in cast("list[Any]", value)]
        case _ if is_dataclass(value) and not isinstance(value, type):
            parts = {field.name: _repaired(getattr(value, field.name)) for field in fields(value)}
            return replace(value, **parts)
        case _:
            return value


T = TypeVar("T")


def decoder(record: type[T]) -> Callable[[bytes], T]:
    """Reads one `record` (a dataclass); what it returns raises ValueError where there is none."""
    return msgspec.json.Decoder(record).decode


def made_of(record: type[T], plain: object) -> T:
    """A `record` (a dataclass) of plain data. Raises: ValueError where that is none."""
    return msgspec.convert(plain, record)


_LINE_ENDS = ("\u2028", "\u2029", "\u0085")
"""Beside those that JSON escapes by itself: `str.splitlines`, Node and pandas end lines there."""
_ESCAPED = [(end.encode(), f"\\u{ord(end):04x}".encode()) for end in _LINE_ENDS]
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


def json_line(value: Any) -> bytes:
    """One line, whoever reads it, with its newline. Mappings are sorted by key, dataclasses keep
    their order."""
    line = dumps(value, _OPTIONS)
    for end, escaped in _ESCAPED:
        line = line.replace(end, escaped)
    return line


def json_page(value: Any) -> bytes:
    """The same, indented for people."""
    return dumps(value, _OPTIONS | orjson.OPT_INDENT_2)


@contextmanager
def integers_of_any_length() -> Generator[None]:
    """Here Python writes them, and not only up to 4,300 digits. It holds for the whole process:
    nothing is awaited inside."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)
