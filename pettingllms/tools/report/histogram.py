"""How lengths and times are spread: bins that double, so that long tails still fit."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass

from pettingllms.export.stats import percentile

_MOST_BINS = 32
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Bin:
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """`ticks` stand at even distances, the first and the last at the ends."""

    bins: tuple[Bin, ...]
    ticks: tuple[float, ...]
    median: float
    p90: float
    highest: float

    @property
    def most(self) -> int:
        return max(found.count for found in self.bins)


def histogram(values: array[float]) -> Histogram | None:
    """Of the values above zero; None where there are none."""
    ranked = sorted(value for value in values if value > 0)
    if not ranked:
        return None
    low, octaves, step = _scale(ranked[0], ranked[-1])
    return Histogram(
        _bins(ranked, low, octaves),
        tuple(2.0 ** (low + octave) for octave in range(0, octaves + 1, step)),
        percentile(ranked, 0.5),
        percentile(ranked, 0.9),
        ranked[-1],
    )


def _scale(lowest: float, highest: float) -> tuple[int, int, int]:
    """The first octave (a power of two), how many there are, and how many lie between ticks."""
    low = math.floor(math.log2(lowest))
    octaves = math.floor(math.log2(highest)) + 1 - low
    step = math.ceil(octaves / _MOST_TICKS)
    return low, math.ceil(octaves / step) * step, step


def _bins(ranked: list[float], low: int, octaves: int) -> tuple[Bin, ...]:
    per_octave = next((n for n in (8, 4, 2) if n * octaves <= _MOST_BINS), 1)
    last = octaves * per_octave - 1
    counts = Counter(min(int((math.log2(value) - low) * per_octave), last) for value in ranked)
    edges = [2.0 ** (low + edge / per_octave) for edge in range(last + 2)]
    return tuple(Bin(edges[n], edges[n + 1], counts[n]) for n in range(last + 1))
