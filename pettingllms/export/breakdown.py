"""The counts of a run by what its samples are told apart by: turn, language, difficulty, source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pettingllms.export.facets import facets_of
from pettingllms.export.pass_at_k import (
    add_first_answers,
    count_first_answers,
    first_answers,
    has_passed,
    mean_pass_at_k,
)
from pettingllms.records import Attempt, Completion

FACETS = ("turn", "language", "difficulty", "source")
OTHERS = "(others)"
_MOST_NAMES = 200
"""Of one facet: a set may give each problem a source of its own."""


class Counts:
    """Numbers of one part of a run, for a dataclass whose slots they are."""

    __slots__ = ()
    first_answers: dict[str, int]

    @property
    def pass_at_1(self) -> float | None:
        """A mean over the problems, as that of the run is."""
        return mean_pass_at_k(self.first_answers).get(1)

    @property
    def page(self) -> dict[str, Any]:
        """As the stats have it."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "pass_at_1": self.pass_at_1
        }

    def add(self, other: Self) -> None:
        for name in self.__slots__:
            if name != "first_answers":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        add_first_answers(self.first_answers, other.first_answers)


@dataclass(slots=True)
class PartCounts(Counts):
    """The samples of one language, difficulty or source, or those that came to one turn: how many
    were accepted; how many first answers were `judged` by tests and how many of them `passed`, in
    all and by problem, as `key_of` writes it (`first_answers`); and what the answers that this run
    paid for took. `unpriced` counts those without a known price."""

    samples: int = 0
    accepted: int = 0
    judged: int = 0
    passed: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0
    first_answers: dict[str, int] = field(default_factory=dict[str, int])


Parts = dict[str, dict[str, PartCounts]]
"""By facet, then by its value."""


class Breakdown:
    """Counts while the samples pass by; `wave` is as in `first_answers`."""

    def __init__(self, wave: int | None) -> None:
        self._wave = wave
        self.parts: Parts = {facet: {} for facet in FACETS}

    def add_problem(self, samples: Sequence[Sequence[Attempt]]) -> None:
        if not samples:
            return
        parts = self._parts_of(samples[0][0])
        answers = first_answers(samples, self._wave)
        for part in (*parts, self._part("turn", "0")):
            count_first_answers(part.first_answers, answers)
        for turns in samples:
            self._add_sample(turns)

    def _parts_of(self, first: Attempt) -> list[PartCounts]:
        known = facets_of(first)
        return [
            self._part("language", known.language),
            self._part("difficulty", known.difficulty),
            self._part("source", known.source),
        ]

    def _add_sample(self, turns: Sequence[Attempt]) -> None:
        first = turns[0]
        of_problem = self._parts_of(first)
        for part in of_problem:
            part.samples += 1
        passed = has_passed(first)
        if passed is not None and (self._wave is None or first.sample < self._wave):
            for part in (*of_problem, self._part("turn", "0")):
                part.judged += 1
                part.passed += passed
        for attempt in turns:
            self._add_turn(attempt, of_problem)

    def add_kept(self, parts: Mapping[str, Mapping[str, PartCounts]]) -> None:
        """What has been counted before."""
        for facet, counted in parts.items():
            for name, counts in counted.items():
                self._part(facet, name).add(counts)

    def _add_turn(self, attempt: Attempt, of_problem: Sequence[PartCounts]) -> None:
        of_turn = self._part("turn", str(attempt.turn))
        of_turn.samples += 1
        parts = (of_turn, *of_problem)
        if attempt.verdict is not None and attempt.verdict.outcome.is_kept:
            for part in parts:
                part.accepted += 1
        for request in (attempt, attempt.review):
            if request and request.completion and not request.completion.cached:
                _count_spending(parts, request.completion, request.cost_usd)

    def _part(self, facet: str, name: str) -> PartCounts:
        named = self.parts[facet]
        if name not in named and len(named) >= _MOST_NAMES:
            name = OTHERS
        return named.setdefault(name, PartCounts())


def rounded(parts: Parts) -> Parts:
    """With sums that come out the same in whatever order they are added."""
    return {
        facet: {name: replace(counts, usd=round(counts.usd, 9)) for name, counts in named.items()}
        for facet, named in parts.items()
    }


def _count_spending(parts: Iterable[PartCounts], completion: Completion, usd: float | None) -> None:
    usage = completion.usage
    for part in parts:
        part.tokens += usage.prompt_tokens + usage.completion_tokens
        part.usd += usd or 0.0
        part.unpriced += usd is None
