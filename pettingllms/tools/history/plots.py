"""Trends as lines: where each point, tick and label of a plot stands, in the units of its SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from pettingllms.tools.history.nights import Night
from pettingllms.tools.history.usual import Usual

WIDTH, HEIGHT = 676, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 196, 12, 26
_MOST_LINES = 6
_LABEL_HEIGHT = 15
_STEPS = (1, 2, 2.5, 5)
_LONGEST_LABEL = 24
_ALMOST = 1e-9


@dataclass(frozen=True, slots=True)
class PlotLine:
    """A value for each night, or None; `marked` are the nights that stand out."""

    label: str
    values: tuple[float | None, ...]
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    said: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """`path` is in the words of SVG; `label_y` keeps labels apart."""

    label: str
    path: str
    points: tuple[Point, ...]
    label_y: float


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    said: str


@dataclass(frozen=True, slots=True)
class Band:
    """The usual range, from `top` down."""

    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    note: str
    lines: tuple[DrawnLine, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    band: Band | None
    right: float = WIDTH - _RIGHT
    left: float = _LEFT


def plot(
    title: str,
    nights: Sequence[Night],
    lines: Sequence[PlotLine],
    said: Callable[[float], str],
    usual: Usual | None = None,
) -> Plot | None:
    """None where there is nothing to draw; of many lines the first are drawn, which are the most
    telling to who gave them."""
    drawn = [line for line in lines if any(value is not None for value in line.values)]
    if not drawn:
        return None
    shown = drawn[:_MOST_LINES]
    values = [value for line in shown for value in line.values if value is not None]
    scale = _Scale.of([*values, *((usual.low, usual.high) if usual else ())], said)
    note = f"and {len(drawn) - len(shown)} more" if len(drawn) > len(shown) else ""
    if usual:
        note = f"usually {said(usual.low)} to {said(usual.high)}"
    return Plot(
        title,
        note,
        _apart([_draw(line, nights, scale, said) for line in shown]),
        tuple(Tick(scale.y(value), said(value)) for value in scale.ticks),
        tuple(_dates(nights)),
        usual and Band(scale.y(usual.high), scale.y(usual.low) - scale.y(usual.high)),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """From `low` to `high`, both round numbers."""

    low: float
    high: float
    step: float

    @classmethod
    def of(cls, values: Sequence[float], said: Callable[[float], str]) -> _Scale:
        """From zero, where that does not press all into a line at the top; no two ticks read the
        same."""
        lowest, highest = min(values), max(values)
        if lowest < 0.6 * highest or highest == lowest == 0:
            lowest = 0.0
        span = (highest - lowest) or abs(highest) or 1.0
        scales = (cls._by(step, lowest, highest) for step in _steps_from(span / 3))
        return next(scale for scale in scales if _all_differ(map(said, scale.ticks)))

    @classmethod
    def _by(cls, step: float, lowest: float, highest: float) -> _Scale:
        """No further than the values go, so that no share is above 100%; a single value has room
        below it, or above zero."""
        first = math.floor(lowest / step + _ALMOST)
        last = math.ceil(highest / step - _ALMOST)
        if first == last:
            first, last = max(0, first - 1), max(1, last)
        return cls(first * step, last * step, step)

    @property
    def ticks(self) -> list[float]:
        last = round((self.high - self.low) / self.step)
        return [self.low + number * self.step for number in range(last + 1)]

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)


def _steps_from(least: float) -> Iterator[float]:
    """Round numbers, each the next one up."""
    for power in count(math.floor(math.log10(least))):
        yield from (step for each in _STEPS if (step := each * 10.0**power) >= least)


def _all_differ(texts: Iterable[str]) -> bool:
    told = [*texts]
    return len({*told}) == len(told)


def _x(number: int, nights: int) -> float:
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (number / max(nights - 1, 1)), 1)


def _draw(
    line: PlotLine, nights: Sequence[Night], scale: _Scale, said: Callable[[float], str]
) -> DrawnLine:
    points = tuple(
        Point(
            _x(number, len(nights)),
            scale.y(value),
            f"{nights[number].started:%-d %b %Y}: {said(value)}",
            number in line.marked,
        )
        for number, value in enumerate(line.values)
        if value is not None
    )
    path = " ".join(f"{'L' if number else 'M'}{p.x} {p.y}" for number, p in enumerate(points))
    return DrawnLine(_shortened(line.label), path, points, points[-1].y)


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _apart(lines: Sequence[DrawnLine]) -> tuple[DrawnLine, ...]:
    """Each label at the height of its last point, or below the one above it."""
    by_height = sorted(range(len(lines)), key=lambda number: lines[number].label_y)
    heights: dict[int, float] = {}
    next_free = -math.inf
    for number in by_height:
        heights[number] = max(lines[number].label_y, next_free)
        next_free = heights[number] + _LABEL_HEIGHT
    return tuple(
        DrawnLine(line.label, line.path, line.points, heights[number])
        for number, line in enumerate(lines)
    )


def _dates(nights: Sequence[Night]) -> list[Tick]:
    """Each once, where its first night stands."""
    last = len(nights) - 1
    numbers = (last, last // 2, 0) if last > 3 else (last, 0)
    places = {f"{nights[number].started:%-d %b}": number for number in numbers}
    return [Tick(_x(number, len(nights)), day) for day, number in sorted(
        places.items(), key=lambda item: item[1])]  # fmt: skip
