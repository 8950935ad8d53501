"""What requests may cost before they are sent."""

from __future__ import annotations

from pettingllms.errors import SettingError
from pettingllms.pricing import cost_usd
from pettingllms.records import Messages, Usage
from pettingllms.tokens import most_tokens
from pettingllms.utils.api_client import APIConfig


def price_usd(config: APIConfig, prompt_tokens: int, completion_tokens: int) -> float:
    """Raises: SettingError where the price list does not know the model."""
    usage = Usage(prompt_tokens, completion_tokens)
    price = cost_usd(config.api_type, config.model, usage)
    if price is None:
        raise SettingError(
            f"The price list does not know {config.model!r} of {config.api_type}, so what a"
            " request may cost cannot be told.",
            "Name a model that it knows, or leave out SFT_MAX_COST_USD (--max-cost-usd).",
        )
    return price


def most_usd(config: APIConfig, messages: Messages) -> float:
    """One request at its worst: a token for each byte, and all of `max_tokens`."""
    return price_usd(config, most_tokens(messages), config.max_tokens)
