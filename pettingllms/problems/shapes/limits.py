"""Limits as data sets write them: a number, text such as `2.0 seconds`, `256 megabytes`, `00:00:02`
and `PT2S`, or an object such as `{"seconds": 2, "nanos": 0}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from pettingllms.records import NO_LIMITS, StatedLimits, Tests

_QUANTITY = re.compile(r"(?<![\w.-])(\d{1,3}(?:,\d{3})+|\d+(?:[.,]\d+)?)\s*([^\W\d_]*)")
_SECONDS = {
    "ms": 1e-3, "msec": 1e-3, "mil": 1e-3, "毫": 1e-3, "us": 1e-6, "\u03bcs": 1e-6, "mic": 1e-6,
    "n": 1e-9, "m": 60, "min": 60, "分": 60, "мин": 60, "s": 1, "秒": 1, "h": 3600,
}  # fmt: skip
_MEGABYTES = {
    "b": 2**-20, "k": 2**-10, "m": 1, "mb": 1, "me": 1, "mi": 1, "mo": 1, "g": 2**10, "兆": 1,
}  # fmt: skip
"""By the beginning of the unit's name, but for `m` alone; the longest of both counts."""
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)")
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_MOST_SECONDS = 3_600
_FEWEST_MILLISECONDS, _FEWEST_NANOSECONDS = 100, 10**8
_MOST_MB = 1_000_000
_FEWEST_KILOBYTES = 8_193


def read_limits(time: object, memory: object) -> StatedLimits:
    """In seconds and megabytes, where no unit is written; in smaller ones, where the number would
    be beyond all sense."""
    clock = _clock(time)
    seconds = _quantity(time, _SECONDS) if clock is None else (clock, True)
    memory_mb = _quantity(memory, _MEGABYTES)
    return stated_limits(
        seconds[0] if seconds[1] else _sensible_seconds(seconds[0]),
        memory_mb[0] if memory_mb[1] else _sensible_megabytes(memory_mb[0]),
    )


def _sensible_seconds(value: float) -> float:
    if value >= _FEWEST_NANOSECONDS:
        return value / 1e9
    return value / 1e3 if value >= _FEWEST_MILLISECONDS else value


def _sensible_megabytes(value: float) -> float:
    if value > _MOST_MB:
        return value / 2**20
    return value / 2**10 if value >= _FEWEST_KILOBYTES else value


def stated_limits(seconds: float, memory_mb: float) -> StatedLimits:
    """What is zero, or beyond all sense, is not stated."""
    time = seconds if 0 < seconds <= _MOST_SECONDS else None
    memory = round(memory_mb) if 1 <= memory_mb <= _MOST_MB else None
    return StatedLimits(time, memory) if time or memory else NO_LIMITS


def with_limits(tests: Tests | None, limits: StatedLimits) -> Tests | None:
    return tests and replace(tests, limits=limits)


def _quantity(value: object, units: Mapping[str, float]) -> tuple[float, bool]:
    """With whether its unit is known; an object's parts have their units for names."""
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        told = [_quantity(f"{part} {unit}", units) for unit, part in parts.items()]
        return sum(amount for amount, is_told in told if is_told), True
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), False
    if not isinstance(value, str):
        return 0.0, False
    found = [
        (_number(each[1]), _factor(each[2].lower(), units)) for each in _QUANTITY.finditer(value)
    ]
    told = [number * factor for number, factor in found if factor is not None]
    return (told[0], True) if told else (found[0][0] if found else 0.0, False)


def _number(written: str) -> float:
    is_grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+", written) is not None
    return float(written.replace(",", "" if is_grouped else "."))


def _factor(unit: str, units: Mapping[str, float]) -> float | None:
    """What one of a unit is; None where it is not known, or measures something else."""
    if unit in units:
        return units[unit]
    begun = [name for name in (*_SECONDS, *_MEGABYTES) if name != "m" and unit.startswith(name)]
    return units.get(max(begun, key=len)) if begun else None


def _clock(value: object) -> float | None:
    """`00:00:02`, as databases and Python's timedelta write it, and ISO's `PT2S`, in seconds."""
    text = value.strip() if isinstance(value, str) else ""
    found = _CLOCK.fullmatch(text) or _DURATION.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
