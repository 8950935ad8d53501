"""What a completion costs, from the price list that the `genai-prices` package carries.

Token prices only, and no network: a model newer than the installed package has no price.
Tokens written to a provider's prompt cache count as ordinary prompt tokens; nothing here asks
for such a cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from pettingllms.providers.config import Price
from pettingllms.records import Completion, Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

    ListedPrice = Decimal | TieredPrices

_FREE = frozenset({"local", "replay"})
_LISTED_AS = {"claude": "anthropic"}
_PER_MILLION = 1_000_000
_SATURDAY = 5
_NOTHING = Price(0.0, 0.0)
BATCH = "batch"
TIER_FACTORS: Mapping[str, float] = {BATCH: 0.5, "flex": 0.5, "priority": 2.0}
"""To the ordinary price. From OpenAI's and Anthropic's pricing pages, 2026-11-30: batch and flex
cost half of it; priority twice at most, and somewhat less for older models."""


def cost_usd(
    provider: str,
    model: str,
    usage: Usage,
    when: datetime | None = None,
    tier: str = "",
    own: Price | None = None,
) -> float | None:
    """US dollars for one answer, at the price of `when` (now, without it) on `tier`, or at a price
    of the user's `own`.

    None where the price list does not know the provider or the model; 0.0 for the providers
    that run on one's own machine.
    """
    rates = own or _listed_rates(provider, model, usage.prompt_tokens, when)
    if rates is None:
        return None
    charges = (
        (rates.prompt, usage.prompt_tokens - usage.cached_tokens),
        (_first(rates.cached, rates.prompt), usage.cached_tokens),
        (rates.completion, usage.completion_tokens - usage.reasoning_tokens),
        (_first(rates.reasoning, rates.completion), usage.reasoning_tokens),
    )
    factor = TIER_FACTORS.get(tier, 1.0)
    return factor * sum(rate / _PER_MILLION * tokens for rate, tokens in charges)


def completion_cost_usd(config: Priced, completion: Completion) -> float | None:
    """At the price of the day on which it was paid, of the model that answered or was asked."""
    when = datetime.fromisoformat(completion.received_at) if completion.received_at else None
    prices = (
        cost_usd(config.api_type, model, completion.usage, when, completion.tier, config.price)
        for model in (completion.model, config.model)
        if model
    )
    return next((price for price in prices if price is not None), None)


def most_cost_usd(
    config: Priced, usage: Usage, tier: str = "", leaves_at: datetime | None = None
) -> float | None:
    """As `cost_usd`, of a request that leaves now, or then, and is charged at the highest price
    within the hour; a tier that the provider chooses is the dearest."""
    now = leaves_at or datetime.now(UTC)
    factor = "priority" if tier == "auto" else tier
    prices = (
        cost_usd(config.api_type, config.model, usage, when, factor, config.price)
        for when in (now, now + timedelta(hours=1))
    )
    known = [price for price in prices if price is not None]
    return max(known, default=None)


class Priced(Protocol):
    """What a price depends on, of a config."""

    @property
    def api_type(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def price(self) -> Price | None: ...


def parse_price(words: str) -> Price:
    """`in=2.5,out=10`, with `cached=` and `reasoning=` where they differ: US dollars for a million
    tokens. Raises: ValueError."""
    found: dict[str, float] = {}
    for word in filter(None, re.split(r"[,\s]+", words)):
        name, _, value = word.partition("=")
        usd = float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else None
        if name not in _PRICE_FIELDS or usd is None:
            raise ValueError(f"{word!r} is not one of in=, out=, cached=, reasoning= and dollars")
        if _PRICE_FIELDS[name] in found:
            raise ValueError(f"{word!r} is a second price for {name}=")
        found[_PRICE_FIELDS[name]] = usd
    if not {"prompt", "completion"} <= found.keys():
        raise ValueError("both in= and out= are needed")
    return Price(**found)


_PRICE_FIELDS = {"in": "prompt", "out": "completion", "cached": "cached", "reasoning": "reasoning"}


def context_window(provider: str, model: str) -> int | None:
    """Tokens that a prompt and its answer may have together, where the list knows it."""
    listed = _listed_model(provider, model)
    return None if listed is None else listed.context_window


def price_table_date(as_of: date) -> str:
    """The ISO date of the last price change that the list knows, up to `as_of`.

    The list itself bears no date: prices may have been checked since, but not changed.
    """
    return max((day for day in _change_dates() if day <= as_of), default=as_of).isoformat()


def _first(rate: float | None, otherwise: float) -> float:
    """`rate`, free included, where it is listed."""
    return otherwise if rate is None else rate


def _listed_rates(
    provider: str, model: str, prompt_tokens: int, when: datetime | None
) -> Price | None:
    """The price list's, for a prompt of this length: a long one can move all of a request up a
    tier."""
    if provider in _FREE:
        return _NOTHING
    minute = int((when or datetime.now(UTC)).timestamp() // 60)
    listed = _listed_prices(provider, model, minute)
    return listed if listed is None or isinstance(listed, Price) else _rates(listed, prompt_tokens)


@lru_cache(maxsize=256)
def _listed_prices(provider: str, model: str, minute: int) -> Price | ModelPrice | None:
    """Looked for once a minute (of the epoch): prices change on the minute, if they do. Worked out
    by now where no length of the prompt moves them."""
    listed = _listed_model(provider, model)
    if listed is None:
        return None
    price = listed.get_prices(_as_listed(provider, datetime.fromtimestamp(minute * 60, UTC)))
    is_flat = all(each is None or isinstance(each, Decimal) for each in _token_prices(price))
    return _rates(price, prompt_tokens=0) if is_flat else price


def _rates(price: ModelPrice, prompt_tokens: int) -> Price | None:
    prompt, completion, cached, reasoning = (
        _rate(each, prompt_tokens) for each in _token_prices(price)
    )
    if prompt is None or completion is None:
        return None
    return Price(prompt, completion, cached, reasoning)


def _token_prices(price: ModelPrice) -> tuple[ListedPrice | None, ...]:
    return (
        price.input_mtok, price.output_mtok, price.cache_read_mtok, price.output_reasoning_mtok,
    )  # fmt: skip


def _as_listed(provider: str, when: datetime) -> datetime:
    """The price list knows DeepSeek's hours, but not that weekends are off-peak (its pricing page,
    2026-11-30)."""
    is_weekend = when.astimezone(UTC).weekday() >= _SATURDAY
    return when.replace(hour=12) if provider == "deepseek" and is_weekend else when


def _rate(price: ListedPrice | None, prompt_tokens: int) -> float | None:
    if price is None or isinstance(price, Decimal):
        return None if price is None else float(price)
    reached = [tier.price for tier in price.tiers if prompt_tokens > tier.start]
    return float(reached[-1] if reached else price.base)


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
