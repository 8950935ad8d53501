"""How a table's cell becomes a record's field."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast


def table_record(cells: Mapping[str, Any]) -> dict[str, object]:
    """The record of one table row, in plain JSON values."""
    return {name: plain_value(cell) for name, cell in cells.items()}


def plain_value(value: object) -> object:
    """`value` as JSON knows it: NaN is nothing, and dates, decimals and the like are text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            items = cast("dict[str, object]", value).items()
            return {name: plain_value(inner) for name, inner in items}
        case list() | tuple():
            return [plain_value(inner) for inner in cast("Sequence[object]", value)]
        case _:
            return str(value)
