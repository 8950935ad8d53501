"""Solutions as data sets publish them: code, a Markdown answer around it, or a list of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import cast

from pettingllms.problems.python_source import unfenced
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import embedded
from pettingllms.records import Solution

MOST_SOLUTIONS = 3
"""Beside the reference, of each problem."""


def codes(published: object) -> Iterator[str]:
    """Each solution's code, in order."""
    value = _opened(published)
    if isinstance(value, str) and value.strip():
        yield unfenced(value)
    elif isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        yield from codes(fields.get("code") or fields.get("solution") or fields.get("completion"))
    elif isinstance(value, list):
        for each in cast("Sequence[object]", value):
            yield from codes(each)


def other_codes(published: object) -> tuple[Solution, ...]:
    """Those after the first: a few."""
    return tuple(map(Solution, islice(codes(published), 1, 1 + MOST_SOLUTIONS)))


def first_code(published: object) -> str | None:
    return next(codes(published), None)


def _opened(published: object) -> object:
    """Code may begin as a list does: `[a, b] = input().split()`."""
    try:
        return embedded(published)
    except UnusableRecordError:
        return published
