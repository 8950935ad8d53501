"""One way to write JSON for every file of a run: UTF-8, no ASCII escapes, stable key order."""

from __future__ import annotations

from typing import Any

import orjson

from pettingllms.json_text import dumps

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


def json_line(value: Any) -> bytes:
    """One line with its newline. Mappings are sorted by key, dataclasses keep their order."""
    return dumps(value, _OPTIONS)


def json_page(value: Any) -> bytes:
    """The same, indented for people."""
    return dumps(value, _OPTIONS | orjson.OPT_INDENT_2)
