"""What a run did, in numbers: its counts, and the page that they are kept on."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import orjson

from pettingllms.errors import OutputError, reason
from pettingllms.export.breakdown import Counts, PartCounts, rounded
from pettingllms.export.filters import NO_DROPS, Drops
from pettingllms.export.pass_at_k import mean_pass_at_k
from pettingllms.export.tally import ModelCounts, Tally
from pettingllms.export.written_sets import WrittenSets, exported_sets
from pettingllms.files.json import decoder, json_page
from pettingllms.providers.pricing import price_table_date
from pettingllms.records import (
    NOT_BILLED,
    Agent,
    Attempt,
    Expenses,
    PerhapsBilled,
    Quota,
    Usage,
)

_read_bill = decoder(Expenses)


INTERRUPTED = "interrupted"
"""What stopped a run that somebody ended, and that left no rows."""


class CountMismatchError(OutputError):
    """A sample is counted nowhere, or twice: the attempts were edited, or the program is wrong."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy or _NOT_EDITED)


_NOT_EDITED = (
    "Where the attempts or the stats were edited, take them as they were written; where not, this"
    " is a bug: report it, with this line. Every attempt is in its file."
)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What the attempts cannot tell. Times are ISO 8601; `settings` holds no secrets.

    `stopped_by` says what ended the run early; `bad_records` counts the problems skipped;
    `samples_planned` those of all problems, where it is known; `quota` those of one. `unwritten`
    is what was paid for answers that no attempt of the run holds, since it ended before they were
    judged; among it is what `carried_over` names: runs that were killed, whose bill this one took
    over, with their answers. By `flow_run_id` Prefect knows the run.
    """

    run_id: str
    started_at: str
    finished_at: str
    wall_s: float
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    stopped_by: str | None = None
    bad_records: int = 0
    samples_planned: int | None = None
    quota: Quota | None = None
    unwritten: Expenses = field(default_factory=Expenses)
    carried_over: Mapping[str, int] = field(default_factory=dict[str, int])
    flow_run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars this run spent on answers, as far as the price list, of that date, knows the
    model; for `estimated_requests` the provider gave no usage, and they count as the most that
    their texts can come to. What brought no answer, but may be charged, is `perhaps_billed`."""

    usd: float
    unpriced_requests: int
    price_table_date: str
    estimated_requests: int = 0
    perhaps_billed: PerhapsBilled = NOT_BILLED


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of the requests that this run sent and that were answered."""

    p50_s: float
    p90_s: float
    p99_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts add up: samples = accepted + rejected + failed, and a run that was not stopped
    reached all that were planned but those `not_needed`; accepted = exported + dropped, by the
    gates. Otherwise: CountMismatchError.

    `chat_markup` counts the accepted whose row holds some, dropped for it or not.
    `requests_sent` counts each request once, however often it was sent again; `retries` counts
    the sends beyond the first, by cause. `tokens_paid` are of the requests sent, `tokens_all`
    also of the answers from the cache. All of these are of what the run sent and paid, whatever
    ended it: `requests_by_turn` and `usd_by_turn` say for which turns.

    `pass_at_k` is the mean over the problems of which tests have judged k first answers, without
    repair; `first_answers` says of how many problems how many were judged and passed, as `8/3`.
    `parts` are the counts by turn, language, difficulty and source. Samples are answers; the test
    sets that were written for problems are counted in `test_sets`. `rows` are those in the file, of
    both agents: as many as are exported, but for pairs, and for sets of problems.
    """

    run: RunInfo
    problems: int
    samples: int
    not_needed: int
    not_reached: int
    accepted: int
    accepted_by_turn: Mapping[int, int]
    accepted_by_verdict: Mapping[str, int]
    exported: int
    dropped: Mapping[str, int]
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    requests_sent: int
    answered_from_cache: int
    retries: Mapping[str, int]
    tokens_paid: Usage
    tokens_all: Usage
    cost: Cost
    latency: Latency | None
    chat_markup: int = 0
    requests_by_turn: Mapping[int, int] = field(default_factory=dict[int, int])
    usd_by_turn: Mapping[int, float] = field(default_factory=dict[int, float])
    models: Mapping[str, ModelCounts] = field(default_factory=dict[str, ModelCounts])
    pass_at_k: Mapping[int, float] = field(default_factory=dict[int, float])
    first_answers: Mapping[str, int] = field(default_factory=dict[str, int])
    parts: Mapping[str, Mapping[str, PartCounts]] = field(
        default_factory=dict[str, Mapping[str, PartCounts]]
    )
    test_sets: WrittenSets = field(default_factory=WrittenSets)
    rows: int = 0

    @property
    def usd_per_accepted(self) -> float | None:
        """What an accepted answer cost, whoever paid for it; None where a price is not known."""
        spent = sum(counts.usd for counts in self.models.values()) or self.cost.usd
        is_known = self.accepted and not self.cost.unpriced_requests
        return spent / self.accepted if is_known else None

    def __post_init__(self) -> None:
        counted = self.accepted + sum(self.rejected.values()) + sum(self.failed.values())
        if counted != self.samples or sum(self.accepted_by_turn.values()) != self.accepted:
            raise CountMismatchError(
                f"{self.samples} samples, but {self.accepted} accepted (by turn"
                f" {_listed(self.accepted_by_turn)}), rejected {_listed(self.rejected)} and failed"
                f" {_listed(self.failed)}."
            )
        if self.accepted != self.exported + sum(self.dropped.values()) or self.exported < 0:
            raise CountMismatchError(
                f"{self.accepted} samples are accepted, but {self.exported} exported and dropped"
                f" {_listed(self.dropped)}."
            )
        if self.not_reached < 0 or (self.not_reached and not self.run.stopped_by):
            raise CountMismatchError(
                f"{self.run.samples_planned} samples were planned, {self.samples} are there,"
                f" {self.not_needed} were not needed."
            )


def _listed(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"


def compute_stats(attempts: Iterable[Attempt], run: RunInfo, drops: Drops = NO_DROPS) -> Stats:
    """Raises: CountMismatchError; OutputError where turns are missing or apart."""
    tally = Tally(run.quota)
    tally.add(attempts)
    return stats_of(tally, run, drops)


def stats_of(tally: Tally, run: RunInfo, drops: Drops = NO_DROPS) -> Stats:
    """As `compute_stats`, of attempts that have been counted."""
    bill = tally.bill + run.unwritten
    dropped = _reasons(drops, "code")
    exported = tally.accepted - dropped.total()
    sets = exported_sets(
        tally.test_sets, _reasons(drops, "test"), are_rows="test" in run.settings.get("agents", ())
    )
    reached = tally.samples + tally.not_needed
    return Stats(
        run=run,
        problems=tally.problems,
        samples=tally.samples,
        not_needed=tally.not_needed,
        not_reached=0 if run.samples_planned is None else run.samples_planned - reached,
        accepted=tally.accepted,
        accepted_by_turn=tally.accepted_by_turn,
        accepted_by_verdict=tally.accepted_by_verdict,
        exported=exported,
        rows=exported + sets.exported,
        dropped=dropped,
        rejected=tally.rejected,
        failed=tally.failed,
        requests_sent=bill.requests,
        answered_from_cache=tally.answered_from_cache,
        retries=tally.retries,
        tokens_paid=bill.tokens,
        tokens_all=tally.tokens_all + run.unwritten.tokens,
        cost=Cost(
            round(bill.usd, 9),
            bill.unpriced,
            price_table_date(datetime.fromisoformat(run.finished_at).date()),
            tally.estimated_requests,
            tally.perhaps_billed + run.unwritten.perhaps,
        ),
        latency=_latency(tally.latencies_s),
        chat_markup=tally.chat_markup,
        requests_by_turn=bill.requests_by_turn,
        usd_by_turn={turn: round(usd, 9) for turn, usd in bill.usd_by_turn.items()},
        models={model: counts for model, counts in tally.models.items() if counts.answers},
        pass_at_k=mean_pass_at_k(tally.first_answers),
        first_answers=tally.first_answers,
        parts=rounded(tally.parts),
        test_sets=sets,
    )


def _reasons(drops: Drops, agent: Agent) -> Counter[str]:
    return Counter(str(drop.reason) for drop in drops.values() if drop.agent == agent)


def read_run(path: Path) -> RunInfo:
    """What the stats in `path` say of their run. Raises: OutputError."""
    run = read_stats(path)["run"]
    try:
        quota = run.get("quota")
        bill = _read_bill(orjson.dumps(run.get("unwritten", {})))
        return RunInfo(**run | {"quota": quota and Quota(**quota), "unwritten": bill})
    except (TypeError, ValueError) as error:
        raise OutputError(f"{path} is of another version: {error}.") from error


def read_stats(path: Path) -> dict[str, Any]:
    """The JSON that `stats_json` wrote. Raises: OutputError."""
    try:
        stats = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path} holds no stats of a run: {reason(error)}.", _STATS_BESIDE
        ) from error
    if not isinstance(stats, dict) or not stats.keys() >= _PAGE:
        raise OutputError(
            f"{path} holds no stats of a run, or those of another version.", _STATS_BESIDE
        )
    return cast("dict[str, Any]", stats)


_STATS_BESIDE = "A run writes them beside its export: keep the two together."
_PAGE = frozenset(
    field.name
    for field in fields(Stats)
    if field.default is MISSING and field.default_factory is MISSING
)
"""What has a default was not counted from the first version on."""


def stats_json(stats: Stats) -> bytes:
    """Indented JSON, the same bytes for the same stats."""
    models: Any = _pages(stats.models)
    parts: Any = {facet: _pages(named) for facet, named in stats.parts.items()}
    return json_page(replace(stats, models=models, parts=parts))


def _pages(named: Mapping[str, Counts]) -> dict[str, dict[str, Any]]:
    return {name: counts.page for name, counts in named.items()}


def _latency(latencies_s: array[float]) -> Latency | None:
    if not latencies_s:
        return None
    ranked = sorted(latencies_s)
    p50, p90, p99 = (percentile(ranked, share) for share in (0.5, 0.9, 0.99))
    return Latency(p50, p90, p99, ranked[-1])


def percentile(ranked: Sequence[float], share: float) -> float:
    """The smallest of the values, which are sorted, that `share` of them do not exceed."""
    return ranked[math.ceil(share * len(ranked)) - 1]
