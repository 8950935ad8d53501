"""The page of the nights: one file that needs nothing else, and runs no script.

What came from a run gets in through the template, which escapes it.
"""

from __future__ import annotations

import os.path
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from pettingllms.files.remote import is_url
from pettingllms.records.expenses import dollars
from pettingllms.tools.history.comparison import RunComparison
from pettingllms.tools.history.nights import Night, NightPart, report_of
from pettingllms.tools.history.plots import HEIGHT, WIDTH, Plot, PlotLine, plot
from pettingllms.tools.history.usual import (
    ACCEPTANCE,
    COST,
    NIGHTS_BEFORE,
    Measure,
    Unusual,
    Usual,
    of_last_nights,
    usual,
)
from pettingllms.wording import counted, duration, share, short, whole

_PACKAGE = "pettingllms.tools.history"


@dataclass(frozen=True, slots=True)
class NightRow:
    """A night in the table; `report` is a link to its page, from this one."""

    night: Night
    report: str | None
    unusual: tuple[Unusual, ...]

    def is_unusual(self, measure: Measure) -> bool:
        return any(found.measure is measure for found in self.unusual)


def render_history(
    nights: Sequence[Night],
    unusual_nights: Sequence[Unusual],
    comparison: RunComparison | None,
    page: Path,
) -> bytes:
    """The page that is to be written as `page`."""
    of_night: defaultdict[str, list[Unusual]] = defaultdict(list)
    for found in unusual_nights:
        of_night[found.night.place.name].append(found)
    rows = [
        NightRow(night, _link(report_of(night), page), tuple(of_night[night.place.name]))
        for night in nights
    ]
    style = resources.files(_PACKAGE).joinpath("assets", "history.css").read_text("utf-8")
    text = _template().render(
        rows=rows[::-1],
        last=rows[-1],
        notices=of_last_nights(nights, unusual_nights),
        plots=[*_plots(nights, unusual_nights)],
        usual_acceptance=_usual_of(nights[-1], nights[:-1], ACCEPTANCE),
        usual_cost=_usual_of(nights[-1], nights[:-1], COST),
        models=_latest(nights, lambda night: night.models),
        languages=_latest(nights, lambda night: night.languages),
        comparison=comparison,
        acceptance=ACCEPTANCE,
        cost=COST,
        style=Markup(style),  # noqa: S704 - a file of ours
        policy=_policy(style),
        size=(WIDTH, HEIGHT),
    )
    return text.encode("utf-8", "replace")


def _link(report: str | None, page: Path) -> str | None:
    if report is None or is_url(report):
        return report
    return os.path.relpath(report, page.absolute().parent)


def _usual_of(night: Night, before: Sequence[Night], measure: Measure) -> Usual | None:
    """By the nights `before` it of its job."""
    same = (each for each in before if each.series == night.series and not each.stopped_by)
    values = [value for value in map(measure.of, same) if value is not None]
    return usual(values[-NIGHTS_BEFORE:], measure, night)


def _plots(nights: Sequence[Night], unusual_nights: Sequence[Unusual]) -> Iterator[Plot]:
    jobs = [*dict.fromkeys(night.series for night in reversed(nights))]
    labels = {night.series: night.model for night in nights}
    for measure, title in ((ACCEPTANCE, "Accepted"), (COST, "Cost of an accepted row")):
        lines = [
            PlotLine(
                labels[job],
                tuple(measure.of(n) if n.series == job else None for n in nights),
                frozenset(_marked(nights, unusual_nights, measure)),
            )
            for job in jobs
        ]
        known = _usual_of(nights[-1], nights[:-1], measure) if len(jobs) == 1 else None
        yield from _drawn(plot(title, nights, lines, measure.said, known))
    in_the_same_colours = [labels[job] for job in jobs]
    for title, parts in (("pass@1 by model", _models), ("pass@1 by language", _languages)):
        by_size = [*_by_size(nights, parts)]
        first = [name for name in in_the_same_colours if name in by_size]
        lines = [
            PlotLine(name, tuple(_pass_at_1(parts(night), name) for night in nights))
            for name in dict.fromkeys([*first, *by_size])
        ]
        yield from _drawn(plot(title, nights, lines, ACCEPTANCE.said))
    counts: tuple[tuple[str, Callable[[Night], float]], ...] = (
        ("sent", lambda night: night.requests),
        ("from the cache", lambda night: night.cached),
        ("failed samples", lambda night: night.failed),
    )
    lines = [PlotLine(name, tuple(map(count, nights))) for name, count in counts]
    yield from _drawn(plot("Requests", nights, lines, whole))
    minutes = PlotLine("", tuple(night.wall_s / 60 for night in nights))
    yield from _drawn(plot("Time, minutes", nights, [minutes], _short_number))


def _drawn(found: Plot | None) -> Iterator[Plot]:
    if found is not None:
        yield found


def _short_number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _marked(
    nights: Sequence[Night], unusual_nights: Sequence[Unusual], measure: Measure
) -> Iterator[int]:
    names = {each.night.place.name for each in unusual_nights if each.measure is measure}
    return (number for number, night in enumerate(nights) if night.place.name in names)


def _models(night: Night) -> Mapping[str, NightPart]:
    return night.models


def _languages(night: Night) -> Mapping[str, NightPart]:
    return night.languages


def _pass_at_1(parts: Mapping[str, NightPart], name: str) -> float | None:
    return parts[name].pass_at_1 if name in parts else None


def _by_size(
    nights: Sequence[Night], parts_of: Callable[[Night], Mapping[str, NightPart]]
) -> Iterator[str]:
    """The names with the most answers first."""
    sizes: Counter[str] = Counter()
    for night in nights:
        sizes.update({name: part.samples for name, part in parts_of(night).items()})
    return (name for name, _ in sizes.most_common())


def _latest(
    nights: Sequence[Night], parts_of: Callable[[Night], Mapping[str, NightPart]]
) -> Mapping[str, tuple[Night, NightPart]]:
    """Of each name the last night that had it, with what it came to then."""
    latest = {name: (night, part) for night in nights for name, part in parts_of(night).items()}
    return {name: latest[name] for name in _by_size(nights, parts_of)}


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader(_PACKAGE, "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats: dict[str, Any] = {
        each.__name__: each for each in (counted, dollars, duration, share, short, whole)
    }
    environment.filters.update(formats)
    environment.globals.update(formats)
    return environment.get_template("history.html")


def _policy(style: str) -> str:
    """The browser loads nothing, and applies this style alone."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
