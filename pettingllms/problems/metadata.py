"""What is kept of a record beyond its problem: everything that is small, unless the user says.

It goes with every attempt and row, so it is bounded, and holds only what any JSON writer takes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pettingllms.problems.record import digits_of

_LONGEST_FIELD = 1_000
"""Characters of one field, as text or JSON."""
_LONGEST_TOGETHER = 4_000
_LONGEST_NAMED = 100_000
"""Of one field that the user asked for."""
_LARGEST_INTEGER = 2**63
_DEEPEST = 16
SOURCE = "source"


@dataclass(frozen=True, slots=True)
class MetadataRule:
    """`names` are kept, whatever their size; without names, `small` fields are, or all."""

    names: frozenset[str] | None = None
    is_all: bool = False

    @classmethod
    def of(cls, words: str | None) -> MetadataRule:
        """`none`, `all`, or names with commas between them; None keeps what is small."""
        if words is None or words == "all":
            return cls(is_all=words is not None)
        names = frozenset(name.strip() for name in words.split(",") if name.strip())
        return cls(frozenset() if words == "none" else names)

    def keep(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """`source` is always kept: stats and report go by it."""
        longest = _LONGEST_FIELD if self._keeps_small_ones else _LONGEST_NAMED
        left = _LONGEST_TOGETHER if self._keeps_small_ones else math.inf
        kept: dict[str, Any] = {}
        for name, value in fields.items():
            is_asked_for = name == SOURCE or self.names is None or name in self.names
            if not is_asked_for or value in ("", [], {}):
                continue
            size = size_of(value, longest)
            if size <= min(longest, left):
                kept[name] = _plain(value)
                left -= size
        return kept

    @property
    def _keeps_small_ones(self) -> bool:
        return self.names is None and not self.is_all


KEEP_SMALL = MetadataRule()


def size_of(value: object, longest: int, depth: int = _DEEPEST) -> int:
    """About the characters of `value` as JSON; more than `longest` where it is too deep or big."""
    match value:
        case str():
            return len(value)
        case int():
            return value.bit_length() // 3 + 1
        case None | float():
            return 8
        case dict() | list() if depth:
            items = cast("dict[str, object] | list[object]", value)
            names = sum(map(len, items)) if isinstance(items, dict) else 0
            inner = items.values() if isinstance(items, dict) else items
            total = names
            for item in inner:
                total += size_of(item, longest, depth - 1) + 2
                if total > longest:
                    break
            return total
        case _:
            return longest + 1


def _plain(value: object) -> object:
    """Without what JSON writers refuse: long integers are text."""
    match value:
        case bool():
            return value
        case int():
            return value if abs(value) < _LARGEST_INTEGER else digits_of(value)
        case dict():
            items = cast("dict[str, object]", value).items()
            return {name: _plain(item) for name, item in items}
        case list():
            return [_plain(item) for item in cast("list[object]", value)]
        case _:
            return value
