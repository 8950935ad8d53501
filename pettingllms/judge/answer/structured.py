"""The texts in an answer that came as data: JSON, a Python literal, YAML, a notebook's cells."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any, cast

from pettingllms.judge.answer.python_source import parse_python

_CODE_KEYS = ("code", "solution", "answer", "python", "program", "completion", "content", "output")
_DEEPEST = 3
"""Of data in a string of data, as the arguments of a tool call are."""
_LONGEST_LITERAL = 100_000
_IN_YAML = re.compile(
    r"^(?P<margin>[ \t]*)(?:- )*(?P<name>[\w-]+):[ \t]*"
    r"(?:[|>][+-]?\d?[ \t]*\n(?P<block>(?:(?P=margin)[ \t]+\S.*(?:\n|\Z)|[ \t]*\n)+)"
    r"|[ \t]*\n(?P<items>(?:(?P=margin)[ \t]*- .*(?:\n|\Z)){2,})"
    r'|(?P<quoted>"(?:[^"\\\n]|\\.)*")[ \t]*$)',
    re.MULTILINE,
)


def strings_in_data(text: str) -> Iterator[str]:
    """Those under names that code goes by first."""
    read = (string for value in _read_all(text) for string in _strings(value, "", 0))
    found = list(read) or list(_in_yaml(text))
    for _, value in sorted(found, key=lambda named: named[0] not in _CODE_KEYS):
        yield value


def _read_all(text: str) -> Iterator[Any]:
    """The first object or list, and objects that begin a line after it: JSON Lines, events; or the
    one string that all of it is."""
    whole = text.strip()
    if whole[:1] == '"' == whole[-1:]:
        text = f"[{whole}]"
    start = _BEGINS_DATA.search(text)
    try:
        for _ in range(_MOST_VALUES):
            if start is None:
                return
            value, end = _DECODER.raw_decode(text, start.end() - 1)
            yield value
            start = _BEGINS_A_LINE_OF_DATA.search(text, end)
    except (ValueError, RecursionError):
        yield _literal(text.strip())


def _read(text: str) -> Any:
    return next(_read_all(text), None)


_DECODER = json.JSONDecoder(strict=False)
_MOST_VALUES = 1_000
_BEGINS_DATA = re.compile(r"[{\[]")
_BEGINS_A_LINE_OF_DATA = re.compile(r"^(?:data: *)?\{", re.MULTILINE)


def _literal(text: str) -> Any:
    if text[:1] not in ("{", "[") or len(text) > _LONGEST_LITERAL:
        return None
    tree = parse_python(text)
    if tree is None or not isinstance(tree.body[0], ast.Expr):
        return None
    try:
        return ast.literal_eval(tree.body[0].value)
    except (ValueError, RecursionError, MemoryError, TypeError):
        return None


def _in_yaml(text: str) -> Iterator[tuple[str, str]]:
    for found in _IN_YAML.finditer(text):
        name, block = found["name"].lower(), found["block"]
        if block is not None:
            yield name, textwrap.dedent(block)
        elif found["items"] is not None:
            yield name, "\n".join(_items(found["items"]))
        else:
            yield from _strings(_read(f"[{found['quoted']}]"), name, 0)


def _items(lines: str) -> Iterator[str]:
    """Of a list in YAML that has a line of code, mostly in quotes, in each."""
    for item in re.findall(r"^[ \t]*- (.*)$", lines, re.MULTILINE):
        quoted = _read(f"[{item}]") if item[:1] == '"' else None
        if item[:1] == "'" == item[-1:]:
            yield item[1:-1].replace("''", "'")
        else:
            yield str(quoted[0]) if quoted else item


def _strings(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
        if depth < _DEEPEST and value.lstrip()[:1] in ("{", "["):
            yield from _strings(_read(value), name, depth + 1)
    elif isinstance(value, dict):
        named = cast("dict[Any, Any]", value)
        yield from _of_cells(named.get("cells"))
        for key, item in named.items():
            yield from _strings(item, str(key).lower(), depth)
    elif isinstance(value, list):
        parts = cast("list[Any]", value)
        if len(parts) > 1 and all(isinstance(part, str) for part in parts):
            yield name, _joined(parts)
        for item in parts:
            yield from _strings(item, name, depth)


def _joined(lines: list[Any]) -> str:
    """With their line ends, as in a notebook's cell, or without."""
    return ("" if any(str(line).endswith("\n") for line in lines) else "\n").join(map(str, lines))


def _of_cells(cells: Any) -> Iterator[tuple[str, str]]:
    """The code of a notebook, all of it."""
    if isinstance(cells, list):
        found = cast("list[Any]", cells)
        named = [cast("dict[str, Any]", cell) for cell in found if isinstance(cell, dict)]
        sources: list[Any] = [
            cell.get("source", "") for cell in named if cell.get("cell_type") != "markdown"
        ]
        texts = [
            _joined(cast("list[Any]", one)) if isinstance(one, list) else str(one)
            for one in sources
        ]
        yield "code", "\n\n".join(texts)
