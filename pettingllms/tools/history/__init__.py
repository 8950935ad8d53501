"""All nights on one page: what each came to, how that goes, and what is out of its usual range.

places -> nights -> usual, comparison -> plots -> page
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pettingllms.errors import SettingError
from pettingllms.files.atomic import atomic_write
from pettingllms.tools.history.nights import Night, nights_like, read_nights
from pettingllms.tools.history.usual import (
    NIGHTS_BEFORE,
    Unusual,
    find_unusual,
    of_last_nights,
)

__all__ = [
    "NIGHTS_BEFORE",
    "Night",
    "Unusual",
    "WrittenPage",
    "find_unusual",
    "nights_like",
    "read_nights",
    "write_history",
]


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """How many nights are on the page, and what is unusual of the last of each job."""

    nights: int
    unusual: tuple[Unusual, ...]


def write_history(places: Sequence[str], page: Path, compared: Sequence[str] = ()) -> WrittenPage:
    """Write `page`, of all runs in `places` that have ended; with the two that are `compared`, or
    else the last night and the one before it.

    Raises: OutputError, DiskFullError; SettingError where there is no run or model of that name.
    """
    from pettingllms.tools.history.comparison import chosen, compare  # noqa: PLC0415 - runs write none
    from pettingllms.tools.history.page import render_history  # noqa: PLC0415 - the same

    nights = read_nights(places)
    try:
        pair = chosen(nights, compared)
    except SettingError:
        if compared:
            raise
        pair = None
    comparison = compare(*pair) if pair else None
    unusual = [*find_unusual(nights)]
    atomic_write(page, [render_history(nights, unusual, comparison, page)])
    return WrittenPage(len(nights), tuple(of_last_nights(nights, unusual)))
