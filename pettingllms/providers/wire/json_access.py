"""Careful reading of JSON that a server sent: a missing or mistyped field is just absent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

_MOST = 1e18
"""No provider allows so much: who says so means nothing by it."""


def at(value: object, *path: str | int) -> Any:
    """The value under `path`, or None where there is none."""
    for step in path:
        if isinstance(step, str):
            if not isinstance(value, dict):
                return None
            value = cast("dict[str, object]", value).get(step)
        elif isinstance(value, list | tuple) and step < len(cast("Sequence[object]", value)):
            value = cast("Sequence[object]", value)[step]
        else:
            return None
    return value


def is_object(value: object) -> bool:
    return isinstance(value, dict)


def text(value: object, *path: str | int) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def integer(value: object, *path: str | int) -> int:
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def items(value: object, *path: str | int) -> Sequence[object]:
    found = at(value, *path)
    return cast("Sequence[object]", found) if isinstance(found, list | tuple) else ()


def positive(value: str | None) -> float | None:
    """A header's whole number above zero, or None; also where it has too many digits for one."""
    return whole(value) or None


def whole(value: str | None) -> float | None:
    """As `positive`, or zero."""
    number = float(value) if value is not None and value.isdecimal() else _MOST
    return number if number < _MOST else None
