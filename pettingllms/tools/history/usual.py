"""What is usual of a job, and which of its nights is not.

By the median of the nights before and the median of their distances from it (MAD), which one bad
night does not move.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from pettingllms.records.expenses import dollars
from pettingllms.tools.history.nights import Night
from pettingllms.wording import share

NIGHTS_BEFORE = 14
FEWEST = 7
"""Of fewer nights nothing is usual yet."""
_LATELY = timedelta(hours=36)
_AS_SIGMA = 1.4826
"""A MAD times this is the standard deviation, where values are spread normally."""
_SIGMAS = 3.5
"""Iglewicz and Hoaglin (1993), of scores by the MAD."""


@dataclass(frozen=True, slots=True)
class Measure:
    """`least` is how far from a median the value of a night has to be to mean anything at all, and
    `highest` the most it can be."""

    name: str
    of: Callable[[Night], float | None]
    least: Callable[[float, Night], float]
    said: Callable[[float], str]
    highest: float = math.inf


def _percent(value: float) -> str:
    return share(round(value * 1000), 1000)


def _chance(middle: float, night: Night) -> float:
    """Three standard errors of a share of so many samples, by Agresti and Coull (1998): also where
    all were accepted so far, or none, one of a few may be another."""
    samples = night.samples + 4
    expected = (middle * night.samples + 2) / samples
    return max(0.03, 3 * math.sqrt(expected * (1 - expected) / samples))


ACCEPTANCE = Measure("acceptance", lambda night: night.acceptance, _chance, _percent, 1.0)
COST = Measure(
    "cost of an accepted row",
    lambda night: night.usd_per_accepted,
    lambda middle, _: 0.25 * middle,
    dollars,
)
MEASURES = (ACCEPTANCE, COST)


@dataclass(frozen=True, slots=True)
class Usual:
    """The range of a measure, and the values it was found from, oldest first."""

    middle: float
    low: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Unusual:
    """A measure of a night that is out of its usual range."""

    night: Night
    measure: Measure
    value: float
    usual: Usual

    def __str__(self) -> str:
        said, usual = self.measure.said, self.usual
        values = ", ".join(map(said, usual.values))
        return (
            f"The {self.measure.name} is {said(self.value)}, usually {said(usual.low)} to"
            f" {said(usual.high)} (median {said(usual.middle)}). The nights before: {values}"
        )


def usual(values: Sequence[float], measure: Measure, night: Night) -> Usual | None:
    """For `night`, by the `values` before it; None where there are too few of them."""
    if len(values) < FEWEST:
        return None
    middle = median(values)
    mad = median(abs(value - middle) for value in values)
    distance = max(_SIGMAS * _AS_SIGMA * mad, measure.least(middle, night))
    return Usual(
        middle, max(0.0, middle - distance), min(middle + distance, measure.highest), tuple(values)
    )


def of_last_nights(nights: Sequence[Night], found: Iterable[Unusual]) -> list[Unusual]:
    """What is unusual of the last night of each job, if that was in the last day and a half."""
    last = {night.series: night for night in nights}
    return [
        each
        for each in found
        if each.night is last[each.night.series]
        and nights[-1].started - each.night.started < _LATELY
    ]


def find_unusual(nights: Iterable[Night]) -> Iterator[Unusual]:
    """Of nights in their order, each held against those of its own job before it; one that was
    stopped says nothing."""
    before: defaultdict[tuple[str, str], deque[float]] = defaultdict(
        lambda: deque(maxlen=NIGHTS_BEFORE)
    )
    for night in nights:
        if night.stopped_by is not None:
            continue
        for measure in MEASURES:
            value = measure.of(night)
            if value is None:
                continue
            known = before[night.series, measure.name]
            found = usual([*known], measure, night)
            if found is not None and _is_outside(found, value, measure):
                yield Unusual(night, measure, value, found)
            known.append(value)


def _is_outside(found: Usual, value: float, measure: Measure) -> bool:
    """What is shown as the same number as a bound is within it."""
    bounds = {measure.said(found.low), measure.said(found.high)}
    return not found.low <= value <= found.high and measure.said(value) not in bounds
