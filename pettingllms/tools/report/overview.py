"""What the top of the page shows, from one pass over the attempts.

Memory grows with 24 bytes and a line of the index for each attempt.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pettingllms.export import Drops, Stats, compute_stats
from pettingllms.export.breakdown import OTHERS, PartCounts
from pettingllms.records import Attempt
from pettingllms.tools.report.histogram import Histogram, histogram
from pettingllms.tools.report.rows import AttemptIndex, Kind, ending_of
from pettingllms.tools.report.run import ReportedRun
from pettingllms.wording import source_words, turn_words, words


@dataclass(frozen=True, slots=True)
class CountBar:
    """A count of samples; `filters` select them in the browser of attempts."""

    label: str
    count: int
    filters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BarGroup:
    title: str
    kind: Kind
    count: int
    bars: tuple[CountBar, ...] = ()


@dataclass(frozen=True, slots=True)
class PartTable:
    """The samples by one facet; `rows` go from its value, and what the page calls it, to counts."""

    facet: str
    title: str
    rows: tuple[tuple[str, str, PartCounts], ...]

    @property
    def has_pass_at_1(self) -> bool:
        return any(counts.judged for _, _, counts in self.rows)


@dataclass(frozen=True, slots=True)
class Overview:
    """`segments` are parts of one whole; of `groups`, the dropped are also among the accepted."""

    run: ReportedRun
    stats: Stats
    models: tuple[str, ...]
    groups: tuple[BarGroup, ...]
    segments: tuple[BarGroup, ...]
    tables: tuple[PartTable, ...]
    others: str
    """What a table calls the values that it has not room for."""
    prompts: Histogram | None
    answers: Histogram | None
    latency: Histogram | None
    index: tuple[str, ...]
    attempts: int


def survey(attempts: Iterable[Attempt], run: ReportedRun) -> Overview:
    """Raises: OutputError, CountMismatchError."""
    seen = _Survey(run.drops)
    stats = compute_stats(seen.watch(attempts), run.info, run.drops)
    groups = tuple(_groups(stats))
    return Overview(
        run=run,
        stats=stats,
        models=tuple(name for name, _ in (seen.models or seen.asked_models).most_common()),
        groups=groups,
        segments=(BarGroup("Exported", "accepted", stats.exported), *groups[1:]),
        tables=tuple(_tables(stats)),
        others=OTHERS,
        prompts=histogram(seen.prompt_tokens),
        answers=histogram(seen.completion_tokens),
        latency=histogram(seen.latencies_s),
        index=tuple(seen.index.blocks()),
        attempts=seen.index.rows,
    )


def _tables(stats: Stats) -> Iterator[PartTable]:
    """The turns in their order, and each other facet that tells samples apart."""
    for facet, title in _TITLES.items():
        counted = stats.parts.get(facet, {})
        if facet == "turn":
            turns = sorted(counted.items(), key=lambda item: int(item[0]))
            rows = ((turn, turn_words(int(turn)), counts) for turn, counts in turns)
        else:
            ranked = sorted(counted.items(), key=lambda item: (-item[1].samples, item[0]))
            rows = ((name, source_words(name), counts) for name, counts in ranked)
        if facet == "turn" or len(counted) > 1:
            yield PartTable(facet, title, tuple(rows))


_TITLES = {
    "turn": "By turn",
    "language": "By language",
    "difficulty": "By difficulty",
    "source": "By problem source",
}


def _groups(stats: Stats) -> Iterator[BarGroup]:
    turns = (
        CountBar(turn_words(turn), count, {"outcome": "kept", "turn": str(turn)})
        for turn, count in sorted(stats.accepted_by_turn.items())
    )
    yield BarGroup("Accepted", "accepted", stats.accepted, tuple(turns))
    if stats.dropped:
        yield _group("Not exported", "dropped", stats.dropped)
    yield _group("Rejected", "rejected", stats.rejected)
    yield _group("Failed", "failed", stats.failed)


def _group(title: str, kind: Kind, counts: Mapping[str, int]) -> BarGroup:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    bars = (
        CountBar(words(reason), count, {"outcome": f"{kind}:{reason}", "last": "1"})
        for reason, count in ranked
    )
    return BarGroup(title, kind, sum(counts.values()), tuple(bars))


class _Survey:
    """The tallies while the attempts pass by."""

    def __init__(self, drops: Drops) -> None:
        self._drops = drops
        self.index = AttemptIndex()
        self.models: Counter[str] = Counter()
        self.asked_models: Counter[str] = Counter()
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
