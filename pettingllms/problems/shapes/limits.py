"""Limits as data sets write them: a number, or text such as `2.0 seconds` and `256 megabytes`."""

from __future__ import annotations

import re
from dataclasses import replace

from pettingllms.records import NO_LIMITS, StatedLimits, Tests

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)")
_SECONDS = {"ms": 1e-3, "mi": 1e-3}
_MEGABYTES = {"b": 1e-6, "by": 1e-6, "kb": 1e-3, "ki": 1e-3, "gb": 1e3, "gi": 1e3}
_MOST_SECONDS = 3_600
_FEWEST_MILLISECONDS = 100
_MOST_MB = 1_000_000


def read_limits(time: object, memory: object) -> StatedLimits:
    """In seconds and megabytes, where no unit is written; in milliseconds and bytes, where the
    number would be beyond all sense."""
    seconds, memory_mb = _quantity(time, _SECONDS), _quantity(memory, _MEGABYTES)
    if isinstance(time, int | float) and seconds >= _FEWEST_MILLISECONDS:
        seconds /= 1_000
    if isinstance(memory, int | float) and memory_mb > _MOST_MB:
        memory_mb /= 2**20
    return stated_limits(seconds, memory_mb)


def stated_limits(seconds: float, memory_mb: float) -> StatedLimits:
    """What is zero, or beyond all sense, is not stated."""
    time = seconds if 0 < seconds <= _MOST_SECONDS else None
    memory = round(memory_mb) if 1 <= memory_mb <= _MOST_MB else None
    return StatedLimits(time, memory) if time or memory else NO_LIMITS


def with_limits(tests: Tests | None, limits: StatedLimits) -> Tests | None:
    return tests and replace(tests, limits=limits)


def _quantity(value: object, units: dict[str, float]) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = _QUANTITY.match(value) if isinstance(value, str) else None
    if found is None:
        return 0.0
    unit = found[2].lower()
    return float(found[1]) * (units.get(unit) or units.get(unit[:2]) or units.get(unit[:1]) or 1.0)
