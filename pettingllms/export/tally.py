"""The counts of a run's attempts, while they pass by: those that are seen while it works, and all.

The last turn of each sample decides what became of it; every turn's request is counted.
Memory grows with 8 bytes a request sent, for the percentiles.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import groupby
from typing import Any

from pettingllms.export.agents import of_agent
from pettingllms.export.attempts import by_problem
from pettingllms.export.breakdown import Breakdown, Counts, Parts
from pettingllms.export.filters import holds_chat_markup
from pettingllms.export.pass_at_k import (
    count_first_answers,
    first_answers,
)
from pettingllms.export.written_sets import WrittenSets
from pettingllms.records import (
    NEVER_SENT,
    NOT_BILLED,
    Attempt,
    Completion,
    Expenses,
    Quota,
    Review,
    Usage,
)


@dataclass(slots=True)
class ModelCounts(Counts):
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
    first_answers: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def usd_per_accepted(self) -> float | None:
        return self.usd / self.accepted if self.accepted else None


_NOT_PAID: dict[str, Any] = {"tokens": 0, "usd": 0.0, "unpriced": 0}
"""Of a `PartCounts`, where nothing was sent."""


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


class Outcomes:
    """What became of the samples that have ended, and of the requests behind them: what is seen of
    a run while it works. `quota` says how many samples a problem needs."""

    def __init__(self, quota: Quota | None) -> None:
        self._quota = quota
        self.problems = 0
        self.samples = 0
        self.not_needed = 0
        self.accepted_by_turn: Counter[int] = Counter()
        self.rejected: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._sent_by_turn: Counter[int] = Counter()
        self._usd_by_turn: dict[int, float] = defaultdict(float)
        self.answered_from_cache = 0
        self.samples_bought: int = 0
        """Those for which something was sent."""

    def add_problem(self, samples: Sequence[tuple[Attempt, ...]]) -> None:
        """One problem: its answers and its test sets, each with their turns."""
        quota = self._quota
        for turns in of_agent(samples, "test"):
            self._add_test_set(turns)
        samples = of_agent(samples, "code")
        accepted_before = self.accepted
        self.problems += 1
        for turns in samples:
            self._add_sample(turns)
        if quota and not quota.wave(len(samples), self.accepted - accepted_before):
            self.not_needed += quota.samples - len(samples)

    def add_kept(self, counts: KeptCounts) -> None:
        """As `add_problem`, of problems that have been counted."""
        self.problems += counts.problems
        self.samples += counts.samples
        self.not_needed += counts.not_needed
        self.accepted_by_turn.update(counts.accepted_by_turn)
        self.rejected.update(counts.rejected)
        self.failed.update(counts.failed)
        self.answered_from_cache += counts.answered_from_cache

    @property
    def accepted(self) -> int:
        return self.accepted_by_turn.total()

    @property
    def requests_sent(self) -> int:
        return self._sent_by_turn.total()

    @property
    def usd(self) -> float:
        return sum(self._usd_by_turn.values())

    def _add_sample(self, turns: tuple[Attempt, ...]) -> None:
        sent_before = self.requests_sent
        self.samples += 1
        self._add_outcome(turns[-1])
        for attempt in turns:
            self._add_request(attempt, attempt.turn)
            if attempt.review is not None:
                self._add_request(attempt.review, attempt.turn)
        self.samples_bought += self.requests_sent > sent_before

    def _add_test_set(self, turns: Sequence[Attempt]) -> None:
        """What it cost is on the bill; its writer solves nothing."""
        for attempt in turns:
            self._add_request(attempt, attempt.turn)

    def _add_outcome(self, last: Attempt) -> None:
        if last.failure is not None:
            self.failed[last.failure.cause] += 1
        elif last.verdict is not None and last.verdict.outcome.is_kept:
            self.accepted_by_turn[last.turn] += 1
        elif last.verdict is not None:
            self.rejected[last.verdict.counted_as] += 1

    def _add_request(self, request: Attempt | Review, turn: int) -> None:
        if request.failure is not None and request.failure.cause not in NEVER_SENT:
            self._sent_by_turn[turn] += 1
        if request.completion is not None:
            self._add_answer(request.completion, request.cost_usd, turn)

    def _add_answer(self, completion: Completion, cost_usd: float | None, turn: int) -> None:
        if completion.cached:
            self.answered_from_cache += 1
            return
        self._sent_by_turn[turn] += 1
        self._usd_by_turn[turn] += cost_usd or 0.0


class Tally(Outcomes):
    """All counts of a run, while its attempts pass by."""

    def __init__(self, quota: Quota | None) -> None:
        super().__init__(quota)
        self.accepted_by_verdict: Counter[str] = Counter()
        self.chat_markup = 0
        self.retries: Counter[str] = Counter()
        self.tokens_paid = Usage()
        self.tokens_all = Usage()
        self.unpriced_requests = 0
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
        super().add_problem(samples)
        answers = of_agent(samples, "code")
        self._add_first_answers(answers)
        self._breakdown.add_problem(answers)

    def add_kept(self, counts: KeptCounts) -> None:
        super().add_kept(counts)
        self.accepted_by_verdict.update(counts.accepted_by_verdict)
        self.chat_markup += counts.chat_markup
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
        super()._add_sample(turns)
        self._add_models(turns)

    def _add_test_set(self, turns: Sequence[Attempt]) -> None:
        super()._add_test_set(turns)
        self.test_sets.add_set(turns[-1])
        for attempt in turns:
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
        super()._add_outcome(last)
        if last.failure is None and last.verdict is not None and last.verdict.outcome.is_kept:
            self.accepted_by_verdict[last.verdict.outcome] += 1
            self.chat_markup += holds_chat_markup(last)

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
        super()._add_request(request, turn)
        self.retries.update(request.retries)
        self.perhaps_billed += request.perhaps_billed

    def _add_answer(self, completion: Completion, cost_usd: float | None, turn: int) -> None:
        super()._add_answer(completion, cost_usd, turn)
        self.tokens_all = self.tokens_all + completion.usage
        if completion.cached:
            return
        self.tokens_paid = self.tokens_paid + completion.usage
        if completion.latency_s:  # a batch has none
            self.latencies_s.append(completion.latency_s)
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
