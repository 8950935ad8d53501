"""One way to write JSON for every file of a run: UTF-8, no ASCII escapes, stable key order.

Text from a model may hold lone surrogates, which UTF-8 cannot carry: each becomes U+FFFD, the
replacement character, while a pair that belongs together becomes the character it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

import orjson

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


def json_line(value: Any) -> bytes:
    """One line with its newline. Mappings are sorted by key, dataclasses keep their order."""
    return _dumps(value, _OPTIONS)


def json_page(value: Any) -> bytes:
    """The same, indented for people."""
    return _dumps(value, _OPTIONS | orjson.OPT_INDENT_2)


def _dumps(value: Any, options: int) -> bytes:
    try:
        return orjson.dumps(value, option=options)
    except orjson.JSONEncodeError:
        return orjson.dumps(_plain(value), option=options)


def _plain(value: Any) -> Any:
    """`value` with well-formed text, and a dict for every kind of mapping."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case Mapping():
            items = cast("Mapping[Any, Any]", value).items()
            return {_plain(key): _plain(item) for key, item in items}
        case list() | tuple():
            return [_plain(item) for item in cast("list[Any]", value)]
        case _ if is_dataclass(value) and not isinstance(value, type):
            parts = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
            return replace(value, **parts)
        case _:
            return value
