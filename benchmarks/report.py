"""The results as a page: which goals are met, then every client in every workload."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path

from benchmarks.peers import CLIENTS
from benchmarks.workloads import OWN, Figures

NOT_MEASURED = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass
class Measured:
    """One workload, as it was run. Each by client; a later run of some replaces only those."""

    figures: dict[str, Figures] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    remark: str = ""

    def __or__(self, later: Measured) -> Measured:
        return Measured(
            self.figures | later.figures,
            self.versions | later.versions,
            self.dates | later.dates,
            later.remark,
        )


Results = dict[str, Measured]
"""By workload."""


def load(path: Path) -> Results:
    if not path.exists():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {name: Measured(**measured) for name, measured in stored.items()}


def save(results: Results, path: Path) -> None:
    stored = {name: asdict(measured) for name, measured in results.items()}
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Goal:
    """`bounds` are the least and the most that each of the figures may be."""

    title: str
    wanted: str
    workload: str
    client: str
    shown: str
    bounds: Mapping[str, tuple[float, float]]

    def is_met(self, values: Sequence[float]) -> bool:
        pairs = zip(values, self.bounds.values(), strict=True)
        return all(least <= value <= most for value, (least, most) in pairs)


NONE = (0.0, 0.0)
GOALS = (
    Goal(
        "CPU per request, engine over raw aiohttp, cache write included", "≤ 5",
        "cpu", "ours", "{:.1f}", {"over_aiohttp": (0, 5)},
    ),
    Goal(
        "3,000 prompts, 200 ms, 256 in flight, over the ideal", "≤ 1.25",
        "W1", "ours", "{:.2f}", {"over_ideal": (0, 1.25)},
    ),
    Goal(
        "allowed rate used at 6,000 RPM / share of 429s / rows lost", "≥ 0.97 / 0 / 0",
        "W3", "ours", "{:.2f} / {:.2%} / {:.0f}",
        {"used": (0.97, inf), "share_of_429": NONE, "lost": NONE},
    ),
    Goal(
        "fully cached re-run, rows per second, attempts and export written", "≥ 25,000",
        "cached", "collection", "{:,.0f}", {"rows_per_s": (25_000, inf)},
    ),
    Goal(
        "requests for 2,000 prompts of which 500 are distinct", "500",
        "W7", "ours", "{:,.0f}", {"requests": (0, 500)},
    ),
    Goal(
        "kill -9 at random moments: paid twice / lost / doubled rows", "≤ 64 in flight / 0 / 0",
        "W5", "ours", "{:.0f} / {:.0f} / {:.0f}",
        {"paid_twice": (0, 64), "lost": NONE, "doubled": NONE},
    ),
    Goal(
        "1,000 prompts, 10% 500, 5% 429, 2% reset, 1% malformed, 1% hang: rows lost / seconds",
        "0 / ≤ 12", "W6", "ours", "{:.0f} / {:.1f}", {"lost": NONE, "seconds": (0, 12)},
    ),
    Goal(
        "peak memory of the whole flow, 1,000,000 problems of 1 kB over 10,000", "≤ 1.3",
        "memory", "flow", "{:.2f}", {"growth": (0, 1.3)},
    ),
    Goal(
        "memory of the whole session (flow, Prefect's server, judge), 50,000 problems of 1 kB, MB",
        "≤ 350", "session", "flow", "{:.0f}", {"session_mb": (0, 350)},
    ),
    Goal(
        "whole run without Prefect over the engine, 20,000 prompts", "≤ 1.15",
        "flow", "collection", "{:.2f}", {"over_engine": (0, 1.15)},
    ),
    Goal(
        "whole flow over the engine, 20,000 prompts", "≤ 1.25",
        "flow", "flow", "{:.2f}", {"over_engine": (0, 1.25)},
    ),
)  # fmt: skip

COLUMNS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "start s": ("start", "{:.1f}", ("wall_s",)),
    f"CPU µs per request ({TIMES} aiohttp)": (
        "cpu", "{:,.0f} ({:.1f})", ("cpu_us", "over_aiohttp"),
    ),
    f"W1 s ({TIMES} ideal)": ("W1", "{:.1f} ({:.2f})", ("seconds", "over_ideal")),
    "W3 used / 429s / lost": (
        "W3", "{:.2f} / {:.1%} / {:.0f}", ("used", "share_of_429", "lost"),
    ),
    "W5 paid twice / lost / doubled": (
        "W5", "{:.0f} / {:.0f} / {:.0f}", ("paid_twice", "lost", "doubled"),
    ),
    "W6 lost (s)": ("W6", "{:.0f} ({:.0f})", ("lost", "seconds")),
    "W7 requests": ("W7", "{:,.0f}", ("requests",)),
    "cached rows/s": ("cached", "{:,.0f}", ("rows_per_s",)),
    f"flow s ({TIMES} engine)": ("flow", "{:.1f} ({:.2f})", ("seconds", "over_engine")),
}  # fmt: skip

_NOTES = """\
Every client is one script in `clients/`, a process of its own; the provider is
`pettingllms.simulator` in another, on loopback. Times and CPU leave out imports and the start of
the interpreter, but for the first column. For the start, CPU, W1 and the flow the clients take
turns, and the better of two runs counts; the rest is run once.

- **start**: ten prompts without latency in a new home, from the command to its end. Of the whole
  flow most of it is Prefect's server, which makes its database there; see also
  `python -m benchmarks.start`.
- **CPU**: no latency, 64 in flight, caches written; user and system time, child processes included.
- **W1**: 3,000 prompts, 200 ms, 256 in flight; the ideal is 2.4 s.
- **W3**: 6,000 requests a minute, 256 in flight, 1,500 rows. Curator is told the limit, the others
  see it in the headers.
- **W5**: kill -9 of 1,000 rows at random moments, 64 in flight, then the same command again: the
  worst of answers paid twice, and the sums of rows lost and doubled. Ours is killed 20 times, the
  others twice.
- **W6**: 1,000 rows, 64 in flight, 10% 500, 5% 429, 2% reset, 1% malformed, 1% hang, timeout 5 s.
- **W7**: 2,000 prompts of which 500 are distinct, 64 in flight.
- **cached**: the same command a second time. The engine and the peers read 2,000 rows; the whole
  run reads 10,000 and also writes attempts, SFT file and stats. DataDesigner and distilabel read
  their own output.
- **memory**: no latency, 256 in flight; nearly half an hour of the benchmark's hour.
- **session**: proportional shares of all processes, looked at twice a second; no latency, 256 in
  flight.
- **flow**: 20,000 prompts, 200 ms, 256 in flight.
"""


def markdown(results: Results) -> str:
    """The page. It names no path and no host."""
    goals = [
        *_table(["figure", "goal", "measured", "met"], (_goal_row(goal, results) for goal in GOALS))
    ]
    clients = {**CLIENTS, **OWN}
    rows = ([client.title, *_cells(name, results)] for name, client in clients.items())
    return "\n".join([
        "# Benchmarks", "", "`python -m benchmarks`", "", *_about(results), "", "## Goals", "",
        *goals, "", "## Side by side", "", *_table(["", *COLUMNS], rows), "", _NOTES,
    ])  # fmt: skip


def _about(results: Results) -> Iterator[str]:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield (
        f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}; other work may share the cores: read the ratios.\n"
    )
    versions = {name: v for measured in results.values() for name, v in measured.versions.items()}
    yield "\n".join(f"- {CLIENTS[name].title}: {CLIENTS[name].package} {version}"
                    for name, version in versions.items())  # fmt: skip
    dates = ", ".join(f"{name} {_dates(measured)}" for name, measured in results.items())
    yield f"\nMeasured (UTC): {dates}."
    for name, measured in results.items():
        if measured.remark:
            yield f"\n{name}: {measured.remark}"


def _dates(measured: Measured) -> str:
    return " and ".join(sorted(set(measured.dates.values())))


def _goal_row(goal: Goal, results: Results) -> list[str]:
    values = _values(results, goal.workload, goal.client, tuple(goal.bounds))
    if isinstance(values, str):
        return [goal.title, goal.wanted, values, NOT_MEASURED]
    met = "yes" if goal.is_met(values) else "**no**"
    return [goal.title, goal.wanted, goal.shown.format(*values), met]


def _cells(client: str, results: Results) -> Iterator[str]:
    for workload, shown, names in COLUMNS.values():
        values = _values(results, workload, client, names)
        yield values if isinstance(values, str) else shown.format(*values)


def _values(
    results: Results, workload: str, client: str, names: tuple[str, ...]
) -> list[float] | str:
    """The figures, or the words that stand in their place."""
    measured = results.get(workload)
    figures = measured.figures.get(client) if measured else None
    if not figures:
        return NOT_MEASURED
    return (
        str(figures["failure"])
        if "failure" in figures
        else [float(figures[name]) for name in names]
    )


def _table(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    for line in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(line)} |"
