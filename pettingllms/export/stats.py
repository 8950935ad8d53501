"""What a run did, in numbers: one pass over its attempts.

The last turn of each sample decides what became of it; every turn's request is counted.
Memory grows with 8 bytes a request sent, for the percentiles.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import orjson

from pettingllms.errors import OutputError, reason
from pettingllms.export.agents import of_agent
from pettingllms.export.attempts import by_problem
from pettingllms.export.breakdown import Breakdown, PartCounts, Parts, rounded
from pettingllms.export.filters import NO_DROPS, Drops, holds_chat_markup
from pettingllms.export.pass_at_k import count_first_answers, first_answers, mean_pass_at_k
from pettingllms.export.written_sets import WrittenSets, exported_sets
from pettingllms.files.json import decoder, json_page
from pettingllms.providers.pricing import price_table_date
from pettingllms.records import (
    NEVER_SENT,
    NOT_BILLED,
    Agent,
    Attempt,
    Completion,
    Expenses,
    PerhapsBilled,
    Quota,
    Review,
    Usage,
)

_read_bill = decoder(Expenses)


INTERRUPTED = "interrupted"
"""What stopped a run that somebody ended, and that left no rows."""


@dataclass(slots=True)
class ModelCounts:
    """What one model of a run did. Of the samples that it `began`, it solved some `at_once`, with
    its first answer, and some in the end (`accepted`); its `usd` are of all its `answers`, whoever
    paid for them, and `usd_paid` of this run's. A grader begins none. `first_answers` are those
    with which it began and that tests have judged, by problem, as `key_of` writes it."""

    began: int = 0
    at_once: int = 0
    accepted: int = 0
    answers: int = 0
    usd: float = 0.0
    usd_paid: float = 0.0
    first_answers: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: ModelCounts) -> None:
        for name in _MODEL_FIELDS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def pass_at_1(self) -> float | None:
        """A mean over the problems, as that of the run is."""
        return mean_pass_at_k(self.first_answers).get(1)

    @property
    def usd_per_accepted(self) -> float | None:
        return self.usd / self.accepted if self.accepted else None


_MODEL_FIELDS = tuple(field.name for field in fields(ModelCounts))
_NOT_PAID: dict[str, Any] = {"tokens": 0, "usd": 0.0, "unpriced": 0}
"""Of a `PartCounts`, where nothing was sent."""


class CountMismatchError(AssertionError):
    """A sample is counted nowhere, or twice: the program is wrong, not its input."""


@dataclass(frozen=True, slots=True)
class KeptCounts:
    """What became of problems for which nothing had to be sent. Counters go from turn, verdict or
    reason to samples."""

    problems: int
    samples: int
    not_needed: int
    accepted_by_turn: dict[int, int]
    accepted_by_verdict: dict[str, int]
    rejected: dict[str, int]
    failed: dict[str, int]
    chat_markup: int
    answered_from_cache: int
    tokens_all: Usage
    models: dict[str, ModelCounts]
    parts: Parts
    first_answers: dict[str, int]
    test_sets: WrittenSets


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
                f"{self.samples} samples, but {self.accepted} accepted (by turn:"
                f" {dict(self.accepted_by_turn)}), rejected {dict(self.rejected)} and failed"
                f" {dict(self.failed)}. This is a bug; the attempts file is whole."
            )
        if self.accepted != self.exported + sum(self.dropped.values()) or self.exported < 0:
            raise CountMismatchError(
                f"{self.accepted} samples are accepted, but {self.exported} exported and dropped"
                f" {dict(self.dropped)}. This is a bug; the attempts file is whole."
            )
        if self.not_reached < 0 or (self.not_reached and not self.run.stopped_by):
            raise CountMismatchError(
                f"{self.run.samples_planned} samples were planned, {self.samples} are there,"
                f" {self.not_needed} were not needed. This is a bug; the attempts file is whole."
            )


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
    return json_page(stats)


class Tally:
    """The counts while the attempts pass by; `quota` says how many samples a problem needs."""

    def __init__(self, quota: Quota | None) -> None:
        self._quota = quota
        self.problems = 0
        self.samples = 0
        self.not_needed = 0
        self.accepted_by_turn: Counter[int] = Counter()
        self.accepted_by_verdict: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.chat_markup = 0
        self._sent_by_turn: Counter[int] = Counter()
        self._usd_by_turn: dict[int, float] = defaultdict(float)
        self.answered_from_cache = 0
        self.retries: Counter[str] = Counter()
        self.tokens_paid = Usage()
        self.tokens_all = Usage()
        self.unpriced_requests = 0
        self.samples_bought = 0
        """Those for which something was sent."""
        self.estimated_requests = 0
        self.perhaps_billed = NOT_BILLED
        self.models: defaultdict[str, ModelCounts] = defaultdict(ModelCounts)
        self.latencies_s = array("d")
        self._wave = len(quota.wave()) if quota else None
        self._breakdown = Breakdown(self._wave)
        self.first_answers: Counter[str] = Counter()
        self.test_sets = WrittenSets()

    def add(self, attempts: Iterable[Attempt]) -> None:
        """Whole problems, in order. Raises: OutputError where turns are missing or apart."""
        for samples in by_problem(attempts):
            self.add_problem(samples)

    def add_problem(self, samples: Sequence[tuple[Attempt, ...]]) -> None:
        """One problem: its answers and its test sets, each with their turns."""
        quota = self._quota
        for turns in of_agent(samples, "test"):
            self._add_test_set(turns)
        samples = of_agent(samples, "code")
        accepted_before = self.accepted
        self.problems += 1
        self._add_first_answers(samples)
        self._breakdown.add_problem(samples)
        for turns in samples:
            self._add_sample(turns)
        if quota and not quota.wave(len(samples), self.accepted - accepted_before):
            self.not_needed += quota.samples - len(samples)

    def add_kept(self, counts: KeptCounts) -> None:
        """As `add`, of attempts that have been counted."""
        self.problems += counts.problems
        self.samples += counts.samples
        self.not_needed += counts.not_needed
        self.accepted_by_turn.update(counts.accepted_by_turn)
        self.accepted_by_verdict.update(counts.accepted_by_verdict)
        self.rejected.update(counts.rejected)
        self.failed.update(counts.failed)
        self.chat_markup += counts.chat_markup
        self.answered_from_cache += counts.answered_from_cache
        self.tokens_all = self.tokens_all + counts.tokens_all
        for model, counted in counts.models.items():
            self.models[model].add(counted)
        self._breakdown.add_kept(counts.parts)
        self.first_answers.update(counts.first_answers)
        self.test_sets.add(counts.test_sets)

    def add_tally(self, other: Tally) -> None:
        """As `add`, of the attempts that the other has counted."""
        self.add_kept(other._counts())
        self.retries.update(other.retries)
        self.perhaps_billed += other.perhaps_billed
        self._sent_by_turn.update(other._sent_by_turn)
        for turn, usd in other._usd_by_turn.items():
            self._usd_by_turn[turn] += usd
        self.tokens_paid = self.tokens_paid + other.tokens_paid
        self.unpriced_requests += other.unpriced_requests
        self.samples_bought += other.samples_bought
        self.estimated_requests += other.estimated_requests
        self.latencies_s.extend(other.latencies_s)

    def kept(self) -> KeptCounts:
        """The counts as of a later run, which finds every answer in the cache."""
        counts = self._counts()
        models = {name: replace(model, usd_paid=0.0) for name, model in counts.models.items()}
        parts = {
            facet: {name: replace(part, **_NOT_PAID) for name, part in by_name.items()}
            for facet, by_name in counts.parts.items()
        }
        answers = counts.answered_from_cache + self.requests_sent
        return replace(counts, models=models, parts=parts, answered_from_cache=answers)

    def _counts(self) -> KeptCounts:
        return KeptCounts(**{field.name: getattr(self, field.name) for field in fields(KeptCounts)})

    @property
    def parts(self) -> Parts:
        return self._breakdown.parts

    @property
    def accepted(self) -> int:
        return self.accepted_by_turn.total()

    def _add_first_answers(self, samples: Sequence[tuple[Attempt, ...]]) -> None:
        """To one problem: of the run, and of each model where it began."""
        count_first_answers(self.first_answers, first_answers(samples, self._wave))
        begun: defaultdict[str, list[tuple[Attempt, ...]]] = defaultdict(list)
        for turns in samples:
            for model, its_turns in groupby(turns, _model_of):
                begun[model].append(tuple(its_turns))
        for model, of_model in begun.items():
            answers = first_answers(of_model, self._wave)
            count_first_answers(self.models[model].first_answers, answers)

    def _add_sample(self, turns: tuple[Attempt, ...]) -> None:
        sent_before = self.requests_sent
        self.samples += 1
        self._add_outcome(turns[-1])
        self._add_models(turns)
        for attempt in turns:
            self._add_request(attempt, attempt.turn)
            if attempt.review is not None:
                self._add_request(attempt.review, attempt.turn)
        self.samples_bought += self.requests_sent > sent_before

    def _add_test_set(self, turns: Sequence[Attempt]) -> None:
        """What it cost is on the bill; its writer solves nothing."""
        self.test_sets.add_set(turns[-1])
        for attempt in turns:
            self._add_request(attempt, attempt.turn)
            _add_usd(self.models[_model_of(attempt)], attempt)

    def _add_models(self, turns: tuple[Attempt, ...]) -> None:
        before = ""
        for attempt in turns:
            model = _model_of(attempt)
            counts = self.models[model]
            is_accepted = attempt.verdict is not None and attempt.verdict.outcome.is_kept
            counts.accepted += is_accepted
            if model != before and attempt.verdict is not None:
                counts.began += 1
                counts.at_once += is_accepted
            before = model
            _add_usd(counts, attempt)
            if attempt.review is not None:
                _add_usd(self.models[attempt.review.model or model], attempt.review)

    def _add_outcome(self, last: Attempt) -> None:
        if last.failure is not None:
            self.failed[last.failure.cause] += 1
        elif last.verdict is not None and last.verdict.outcome.is_kept:
            self.accepted_by_turn[last.turn] += 1
            self.accepted_by_verdict[last.verdict.outcome] += 1
            self.chat_markup += holds_chat_markup(last)
        elif last.verdict is not None:
            self.rejected[last.verdict.counted_as] += 1

    @property
    def requests_sent(self) -> int:
        return self._sent_by_turn.total()

    @property
    def usd(self) -> float:
        return sum(self._usd_by_turn.values())

    @property
    def bill(self) -> Expenses:
        return Expenses(
            dict(self._sent_by_turn),
            dict(self._usd_by_turn),
            len(self.latencies_s),
            self.unpriced_requests,
            self.tokens_paid,
        )

    def _add_request(self, request: Attempt | Review, turn: int) -> None:
        self.retries.update(request.retries)
        self.perhaps_billed += request.perhaps_billed
        if request.failure is not None and request.failure.cause not in NEVER_SENT:
            self._sent_by_turn[turn] += 1
        if request.completion is not None:
            self._add_answer(request.completion, request.cost_usd, turn)

    def _add_answer(self, completion: Completion, cost_usd: float | None, turn: int) -> None:
        self.tokens_all = self.tokens_all + completion.usage
        if completion.cached:
            self.answered_from_cache += 1
            return
        self._sent_by_turn[turn] += 1
        self.tokens_paid = self.tokens_paid + completion.usage
        if completion.latency_s:  # a batch has none
            self.latencies_s.append(completion.latency_s)
        self._usd_by_turn[turn] += cost_usd or 0.0
        self.unpriced_requests += cost_usd is None
        self.estimated_requests += completion.is_estimated


def _model_of(attempt: Attempt) -> str:
    return f"{attempt.provider}:{attempt.model}"


def _add_usd(counts: ModelCounts, request: Attempt | Review) -> None:
    if request.completion is None:
        return
    usd = request.cost_usd or 0.0
    counts.answers += 1
    counts.usd += usd
    counts.usd_paid += 0.0 if request.completion.cached else usd


def _latency(latencies_s: array[float]) -> Latency | None:
    if not latencies_s:
        return None
    ranked = sorted(latencies_s)
    p50, p90, p99 = (percentile(ranked, share) for share in (0.5, 0.9, 0.99))
    return Latency(p50, p90, p99, ranked[-1])


def percentile(ranked: Sequence[float], share: float) -> float:
    """The smallest of the values, which are sorted, that `share` of them do not exceed."""
    return ranked[math.ceil(share * len(ranked)) - 1]
