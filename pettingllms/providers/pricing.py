"""What a completion costs, from the price list that the `genai-prices` package carries.

Token prices only, and no network: a model newer than the installed package has no price.
Tokens written to a provider's prompt cache count as ordinary prompt tokens; nothing here asks
for such a cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from pettingllms.records import Completion, Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider, TieredPrices

    _Price = Decimal | TieredPrices

_FREE = frozenset({"local", "replay"})
_LISTED_AS = {"claude": "anthropic"}
_PER_MILLION = 1_000_000


def cost_usd(provider: str, model: str, usage: Usage, when: datetime | None = None) -> float | None:
    """US dollars for one answer, at the price of `when` (now, without it).

    None where the price list does not know the provider or the model; 0.0 for the providers
    that run on one's own machine.
    """
    if provider in _FREE:
        return 0.0
    listed = _listed_model(provider, model)
    if listed is None:
        return None
    price = listed.get_prices(when or datetime.now(UTC))
    if price.input_mtok is None or price.output_mtok is None:
        return None
    charges = (
        (price.input_mtok, usage.prompt_tokens - usage.cached_tokens),
        (_first(price.cache_read_mtok, price.input_mtok), usage.cached_tokens),
        (price.output_mtok, usage.completion_tokens - usage.reasoning_tokens),
        (_first(price.output_reasoning_mtok, price.output_mtok), usage.reasoning_tokens),
    )
    return sum(_rate(each, usage.prompt_tokens) * tokens for each, tokens in charges)


def completion_cost_usd(provider: str, asked_model: str, completion: Completion) -> float | None:
    """At the price of the day on which it was paid, of the model that answered or was asked."""
    when = datetime.fromisoformat(completion.received_at) if completion.received_at else None
    prices = (
        cost_usd(provider, model, completion.usage, when)
        for model in (completion.model, asked_model)
        if model
    )
    return next((price for price in prices if price is not None), None)


def price_table_date(as_of: date) -> str:
    """The ISO date of the last price change that the list knows, up to `as_of`.

    The list itself bears no date: prices may have been checked since, but not changed.
    """
    return max((day for day in _change_dates() if day <= as_of), default=as_of).isoformat()


def _first(price: _Price | None, otherwise: _Price) -> _Price:
    """`price`, free included, where it is listed."""
    return otherwise if price is None else price


def _rate(price: _Price, prompt_tokens: int) -> float:
    """US dollars for one token; a long prompt can move the whole request up a tier."""
    if isinstance(price, Decimal):
        return float(price) / _PER_MILLION
    reached = [tier.price for tier in price.tiers if prompt_tokens > tier.start]
    return float(reached[-1] if reached else price.base) / _PER_MILLION


@lru_cache(maxsize=256)
def _listed_model(provider: str, model: str) -> ModelInfo | None:
    providers = _providers()
    listed_as = _LISTED_AS.get(provider, provider)
    for listed in providers:
        if listed.id == listed_as:
            return listed.find_model(model, all_providers=list(providers))
    return None


def _change_dates() -> Iterator[date]:
    for provider in _providers():
        for model in provider.models:
            for price in model.prices if isinstance(model.prices, list) else ():
                start: date | None = getattr(price.constraint, "start_date", None)
                if start is not None:
                    yield start


def _providers() -> Sequence[Provider]:
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - takes 0.2 s to load

    return get_snapshot().providers
