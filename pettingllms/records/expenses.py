"""What was sent, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed: cached are part of the prompt's, reasoning of the completion's."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )

    def __sub__(self, other: Usage) -> Usage:
        """Nothing is ever less than nothing."""
        return Usage(
            *(max(0, a - b) for a, b in zip(_tokens_of(self), _tokens_of(other), strict=True))
        )


NOTHING_USED = Usage()


def _tokens_of(usage: Usage) -> tuple[int, ...]:
    return (
        usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PerhapsBilled:
    """Sends that brought no answer but may have been charged: how many, and how many US dollars
    at most, as far as the price is known."""

    sends: int = 0
    usd: float = 0.0

    def __add__(self, other: PerhapsBilled) -> PerhapsBilled:
        return PerhapsBilled(self.sends + other.sends, self.usd + other.usd)

    def __sub__(self, other: PerhapsBilled) -> PerhapsBilled:
        """Nothing is ever less than nothing."""
        return PerhapsBilled(max(0, self.sends - other.sends), max(0.0, self.usd - other.usd))


NOT_BILLED = PerhapsBilled()


@dataclass(frozen=True, slots=True)
class Expenses:
    """Requests that were sent, and what those that were answered cost, as far as prices are known:
    US dollars by turn, and the number of the `unpriced`. `perhaps` is what batches have lost; that
    of other requests stands with their attempts."""

    requests_by_turn: Mapping[int, int] = field(default_factory=dict[int, int])
    usd_by_turn: Mapping[int, float] = field(default_factory=dict[int, float])
    answers: int = 0
    unpriced: int = 0
    tokens: Usage = NOTHING_USED
    perhaps: PerhapsBilled = NOT_BILLED

    @classmethod
    def of(cls, turn: int, usage: Usage, usd: float | None) -> Expenses:
        """One answer; that its request was sent is counted by itself."""
        costs = {turn: usd} if usd else {}
        return cls({}, costs, answers=1, unpriced=usd is None, tokens=usage)

    @property
    def requests(self) -> int:
        return sum(self.requests_by_turn.values())

    @property
    def usd(self) -> float:
        return sum(self.usd_by_turn.values())

    def __add__(self, other: Expenses) -> Expenses:
        return Expenses(
            _merged(self.requests_by_turn, other.requests_by_turn),
            _merged(self.usd_by_turn, other.usd_by_turn),
            self.answers + other.answers,
            self.unpriced + other.unpriced,
            self.tokens + other.tokens,
            self.perhaps + other.perhaps,
        )

    def __sub__(self, other: Expenses) -> Expenses:
        """What is on this bill and not on the other; nothing is ever less than nothing."""
        return Expenses(
            _left_of(self.requests_by_turn, other.requests_by_turn),
            _left_of(self.usd_by_turn, other.usd_by_turn),
            max(0, self.answers - other.answers),
            max(0, self.unpriced - other.unpriced),
            self.tokens - other.tokens,
            self.perhaps - other.perhaps,
        )


_NOTHING_USD = 1e-9
"""Sums of floats end a little off."""


def _merged(one: Mapping[int, Any], other: Mapping[int, Any]) -> Mapping[int, Any]:
    if not (one and other):
        return one or other
    turns = sorted(one.keys() | other.keys())
    return {turn: one.get(turn, 0) + other.get(turn, 0) for turn in turns}


def _left_of(one: Mapping[int, Any], other: Mapping[int, Any]) -> dict[int, Any]:
    """What the two differ by in all; where they disagree on the turns, it is taken from others: a
    bill that follows from requests alone does not know a stronger model's first turn."""
    turns = sorted(one.keys() | other.keys())
    left = {turn: one.get(turn, 0) - other.get(turn, 0) for turn in turns}
    owed = -sum(min(0, each) for each in left.values())
    for turn in turns:
        taken = min(owed, max(0, left[turn]))
        left[turn], owed = left[turn] - taken, owed - taken
    return {turn: each for turn, each in left.items() if each > _NOTHING_USD}


def dollars(usd: float) -> str:
    """With cents, or with as many places as a small sum needs; never as 1e-05."""
    if usd == 0 or usd >= 100:
        return f"${usd:,.0f}"
    if usd >= 1:
        return f"${usd:.2f}"
    exponent = int(f"{usd:.1e}".partition("e")[2])  # of what is shown: 0.00099999 is $0.0010
    places = max(4, 1 - exponent)
    return f"${usd:.{places}f}"


def plain_number(number: float) -> str:
    """As it was set, without an exponent: 5, 0.15, 0.00001."""
    return f"{Decimal(format(number, '.12g')).normalize():f}"
