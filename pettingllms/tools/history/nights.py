"""What each run came to, from its stats: a night, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from pettingllms.errors import OutputError
from pettingllms.export import read_stats
from pettingllms.export.pass_at_k import mean_pass_at_k
from pettingllms.tools.places import RunPlace, find_runs, opened

_SERIES = ("api_type", "model", "escalate", "problems", "where", "language", "samples", "part")
"""Settings by which the runs of one job are told from those of another."""


@dataclass(frozen=True, slots=True)
class NightPart:
    """The samples that one model began, which a grader does not, or those in one language:
    `pass_at_1` of first answers, `usd` for each accepted one; None where it is not known."""

    samples: int
    accepted: int
    pass_at_1: float | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """`series` is the same for runs of the same job. `usd` is what this run paid, and
    `usd_per_accepted` what an accepted answer cost whoever paid for it: None where a price is not
    known. `report` is the place of its page, where there is one."""

    place: RunPlace
    stamp: str
    started: datetime
    series: str
    model: str
    samples: int
    accepted: int
    exported: int
    rejected: int
    failed: int
    pass_at_1: float | None
    usd: float
    is_priced: bool
    usd_per_accepted: float | None
    requests: int
    cached: int
    wall_s: float
    models: Mapping[str, NightPart]
    languages: Mapping[str, NightPart]
    stopped_by: str | None

    @property
    def acceptance(self) -> float | None:
        """Of the samples; None where there were none."""
        return self.accepted / self.samples if self.samples else None


def read_nights(places: Sequence[str]) -> list[Night]:
    """Those of the runs in the folders or at the URLs `places`, and below, that have ended, in the
    order they began. Raises: OutputError where there is no run."""
    found = map(_read, find_runs(places).runs)
    nights = sorted(found, key=lambda night: (night.started, night.place.name))
    if not nights:
        raise OutputError(
            f"No run in {', '.join(places)} has come to its end.", "Its stats say what it came to."
        )
    return nights


def nights_like(folder: str, stamp: str, most: int) -> list[Night]:
    """The run `stamp` in a folder or at a URL, after at most so many of the same job before it, of
    the last runs there, twice as many. Raises: OutputError."""
    runs = [run for run in find_runs([folder], is_deep=False).runs if run.stamp <= stamp]
    nights = [*map(_read, sorted(runs, key=lambda run: run.stamp)[-2 * most - 1 :])]
    return [night for night in nights if night.series == nights[-1].series][-most - 1 :]


def _read(place: RunPlace) -> Night:
    with opened(place, only_stats=True) as files:
        stats = read_stats(files.stats)
    try:
        return _night(place, stats)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OutputError(f"{place.name}_stats.json is of another version: {error}.") from error


def _night(place: RunPlace, stats: Mapping[str, Any]) -> Night:
    run, cost, accepted = stats["run"], stats["cost"], stats["accepted"]
    models = {name: _of_model(counts) for name, counts in stats.get("models", {}).items()}
    is_priced = not cost["unpriced_requests"]
    spent = sum(counts["usd"] for counts in stats.get("models", {}).values()) or cost["usd"]
    return Night(
        place=place,
        stamp=place.stamp,
        started=datetime.fromisoformat(run["started_at"]),
        series=_series(run["settings"]),
        model=", ".join(models) or str(run["settings"].get("model") or "its default model"),
        samples=stats["samples"],
        accepted=accepted,
        exported=stats["exported"],
        rejected=sum(stats["rejected"].values()),
        failed=sum(stats["failed"].values()),
        pass_at_1=stats.get("pass_at_k", {}).get("1"),
        usd=cost["usd"],
        is_priced=is_priced,
        usd_per_accepted=spent / accepted if accepted and is_priced else None,
        requests=stats["requests_sent"],
        cached=stats["answered_from_cache"],
        wall_s=run["wall_s"],
        models=models,
        languages=dict(_languages(stats.get("parts", {}).get("language", {}))),
        stopped_by=run.get("stopped_by"),
    )


def _of_model(counts: Mapping[str, Any]) -> NightPart:
    accepted = counts["accepted"]
    usd = counts["usd"] / accepted if accepted else None
    return NightPart(counts.get("began", counts["answers"]), accepted, _pass_at_1(counts), usd)


def _languages(counts: Mapping[str, Any]) -> Iterator[tuple[str, NightPart]]:
    for name, part in sorted(counts.items()):
        yield name or "unknown", NightPart(part["samples"], part["accepted"], _pass_at_1(part))


def _pass_at_1(counts: Mapping[str, Any]) -> float | None:
    return mean_pass_at_k(counts.get("first_answers", {})).get(1)


def _series(settings: Mapping[str, Any]) -> str:
    told = {name: settings.get(name) for name in _SERIES}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS, default=str).decode()


def report_of(night: Night) -> str | None:
    """The place of its report, a page beside its stats."""
    return next((file for file in night.place.files if file.endswith("_report.html")), None)
