"""What the top of the page shows, from one pass over the attempts.

Memory grows with 24 bytes and a line of the index for each attempt.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pettingllms.export import Drops, Stats, compute_stats
from pettingllms.records import Attempt, Completion
from pettingllms.tools.report.histogram import Histogram, histogram
from pettingllms.tools.report.rows import Index, Kind, ending_of, source_of
from pettingllms.tools.report.run import Run
from pettingllms.wording import turn_words, words


@dataclass(frozen=True, slots=True)
class Bar:
    """A count of samples; `filters` select them in the browser of attempts."""

    label: str
    count: int
    filters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    kind: Kind
    count: int
    bars: tuple[Bar, ...] = ()


@dataclass
class Part:
    """The samples of one turn or source: how many came there, how many were accepted, and what
    the answers that were paid for took. `unpriced` counts those without a known price."""

    samples: int = 0
    accepted: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """`segments` are parts of one whole; of `groups`, the dropped are also among the accepted."""

    run: Run
    stats: Stats
    models: tuple[str, ...]
    groups: tuple[Group, ...]
    segments: tuple[Group, ...]
    by_turn: Mapping[int, Part]
    by_source: Mapping[str, Part]
    prompts: Histogram | None
    answers: Histogram | None
    latency: Histogram | None
    index: tuple[str, ...]
    attempts: int


def survey(attempts: Iterable[Attempt], run: Run) -> Overview:
    """Raises: OutputError, CountMismatchError."""
    seen = _Survey(run.drops)
    stats = compute_stats(seen.watch(attempts), run.info, run.drops)
    groups = tuple(_groups(stats))
    return Overview(
        run=run,
        stats=stats,
        models=tuple(name for name, _ in (seen.models or seen.asked_models).most_common()),
        groups=groups,
        segments=(Group("Exported", "accepted", stats.exported), *groups[1:]),
        by_turn=dict(sorted(seen.by_turn.items())),
        by_source=dict(sorted(seen.by_source.items(), key=lambda item: -item[1].samples)),
        prompts=histogram(seen.prompt_tokens),
        answers=histogram(seen.completion_tokens),
        latency=histogram(seen.latencies_s),
        index=tuple(seen.index.blocks()),
        attempts=seen.index.rows,
    )


def _groups(stats: Stats) -> Iterator[Group]:
    turns = (
        Bar(turn_words(turn), count, {"outcome": "kept", "turn": str(turn)})
        for turn, count in sorted(stats.accepted_by_turn.items())
    )
    yield Group("Accepted", "accepted", stats.accepted, tuple(turns))
    if stats.dropped:
        yield _group("Not exported", "dropped", stats.dropped)
    yield _group("Rejected", "rejected", stats.rejected)
    yield _group("Failed", "failed", stats.failed)


def _group(title: str, kind: Kind, counts: Mapping[str, int]) -> Group:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    bars = (
        Bar(words(reason), count, {"outcome": f"{kind}:{reason}", "last": "1"})
        for reason, count in ranked
    )
    return Group(title, kind, sum(counts.values()), tuple(bars))


class _Survey:
    """The tallies while the attempts pass by."""

    def __init__(self, drops: Drops) -> None:
        self._drops = drops
        self.index = Index()
        self.models: Counter[str] = Counter()
        self.asked_models: Counter[str] = Counter()
        self.by_turn: defaultdict[int, Part] = defaultdict(Part)
        self.by_source: defaultdict[str, Part] = defaultdict(Part)
        self.prompt_tokens = array("d")
        self.completion_tokens = array("d")
        self.latencies_s = array("d")

    def watch(self, attempts: Iterable[Attempt]) -> Iterator[Attempt]:
        for attempt in attempts:
            self._add(attempt)
            yield attempt

    def _add(self, attempt: Attempt) -> None:
        ending = ending_of(attempt, self._drops)
        self.index.add(attempt, ending)
        parts = self.by_turn[attempt.turn], self.by_source[source_of(attempt.problem_id)]
        parts[0].samples += 1
        parts[1].samples += attempt.turn == 0
        for part in parts:
            part.accepted += ending.kind in ("accepted", "dropped")
        for request in (attempt, attempt.review):
            if request and request.completion and not request.completion.cached:
                _add_spending(parts, request.completion, request.cost_usd)
        self._add_answer(attempt)

    def _add_answer(self, attempt: Attempt) -> None:
        completion = attempt.completion
        if completion is None:
            self.asked_models[attempt.model] += 1
            return
        self.models[completion.model or attempt.model] += 1
        self.prompt_tokens.append(completion.usage.prompt_tokens)
        self.completion_tokens.append(completion.usage.completion_tokens)
        if not completion.cached:
            self.latencies_s.append(completion.latency_s)


def _add_spending(parts: Iterable[Part], completion: Completion, usd: float | None) -> None:
    usage = completion.usage
    for part in parts:
        part.tokens += usage.prompt_tokens + usage.completion_tokens
        part.usd += usd or 0.0
        part.unpriced += usd is None
