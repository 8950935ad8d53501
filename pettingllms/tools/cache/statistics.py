"""What a cache holds, in numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pettingllms.cache.responses import KeptAnswer
from pettingllms.providers.config import APIConfig
from pettingllms.providers.pricing import completion_cost_usd


@dataclass(frozen=True, slots=True, order=True)
class HeldAnswers:
    """What answers are counted under: who was asked for which model, and the month (2026-11)."""

    provider: str
    model: str
    month: str


@dataclass
class Sum:
    """Of some answers: bytes on the disk, tokens and US dollars paid; `first` and `last` are the
    ISO 8601 times of the oldest and the newest, "" where none says."""

    answers: int = 0
    packed_bytes: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0
    first: str = ""
    last: str = ""

    def add(self, answer: KeptAnswer) -> None:
        usd, at = price_of(answer), answer.completion.received_at
        self.answers += 1
        self.packed_bytes += answer.packed_bytes
        self.prompt_tokens += answer.completion.usage.prompt_tokens
        self.completion_tokens += answer.completion.usage.completion_tokens
        self.usd += usd or 0.0
        self.unpriced += usd is None
        self.first = min(self.first or at, at or self.first)
        self.last = max(self.last, at)


@dataclass(frozen=True, slots=True)
class CacheStats:
    total: Sum
    groups: Mapping[HeldAnswers, Sum]


def count(answers: Iterable[KeptAnswer]) -> CacheStats:
    """One pass; memory holds the groups only."""
    total, groups = Sum(), defaultdict[HeldAnswers, Sum](Sum)
    for answer in answers:
        total.add(answer)
        groups[_group(answer)].add(answer)
    return CacheStats(total, dict(sorted(groups.items())))


def asked_model(answer: KeptAnswer) -> str:
    return _text(answer.request.body.get("model"))


def price_of(answer: KeptAnswer) -> float | None:
    """US dollars that it cost, or None where the price list does not know."""
    asked = APIConfig(answer.request.provider, None, asked_model(answer))
    return completion_cost_usd(asked, answer.completion)


def _group(answer: KeptAnswer) -> HeldAnswers:
    month = answer.completion.received_at[: len("2026-11")]
    return HeldAnswers(answer.request.provider, asked_model(answer), month)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
