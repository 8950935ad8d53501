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
    r'|(?P<quoted>"(?:[^"\\\n]|\\.)*")[ \t]*$)',
    re.MULTILINE,
)


def strings_in_data(text: str) -> Iterator[str]:
    """Those under names that code goes by first."""
    found = list(_strings(_read(text), "", 0)) or list(_in_yaml(text))
    for _, value in sorted(found, key=lambda named: named[0] not in _CODE_KEYS):
        yield value


def _read(text: str) -> Any:
    """The first object or list, or None."""
    start = re.search(r"[{\[]", text)
    if start is None:
        return None
    try:
        return json.JSONDecoder(strict=False).raw_decode(text[start.start() :])[0]
    except (ValueError, RecursionError):
        return _literal(text.strip())


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
        else:
            yield from _strings(_read(f"[{found['quoted']}]"), name, 0)


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
