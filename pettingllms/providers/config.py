"""What a provider is asked with: one record, that clients, prices and keys are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

from pettingllms.errors import SettingError
from pettingllms.providers.wire.thinking import will_think


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens; what is cached or thought costs as the rest, unless said."""

    prompt: float
    completion: float
    cached: float | None = None
    reasoning: float | None = None


DEFAULT_TEMPERATURE = 0.7
DEFAULT_MAX_TOKENS = 2048
DEFAULT_TIMEOUT_S = 60.0
DEFAULT_MAX_RESPONSE_MB = 64
_THINKING_TIMEOUT_S = 600.0
_FLEX_TIMEOUT_S = 900.0
FLEX = "flex"
TIER_NAMES = (FLEX, "auto", "default", "priority")


def parse_tiers(words: str | None) -> tuple[str, ...]:
    """`flex,default`: the tiers in the order in which they are tried. Raises: ValueError."""
    tiers = tuple(words.split(",")) if words is not None else ()
    if not set(tiers) <= set(TIER_NAMES):
        raise ValueError(f"a tier is one of {', '.join(TIER_NAMES)}, or several with commas")
    return tiers


def check_texts(**named: object) -> None:
    """Texts, or None for what is usual; none is shown, since it may be a key. Raises:
    SettingError."""
    for name, value in named.items():
        if not isinstance(value, str | None):
            raise SettingError(
                f"{name} is no text, but of type {type(value).__name__}.", f"Pass another {name}."
            )


def check_numbers(temperature: object, max_tokens: object, timeout: object) -> None:
    """As the settings of a run are checked. Raises: SettingError."""
    for name, value, is_right, wanted in (
        ("temperature", temperature, _is_between(temperature, 0, 2), "a number from 0 to 2"),
        ("max_tokens", max_tokens, _is_count(max_tokens), "a whole number from 1 on"),
        ("timeout", timeout, _is_between(timeout, 0, inf) and timeout, "seconds, more than 0"),
    ):
        if not is_right:
            raise SettingError(f"{name} = {value!r} is not {wanted}.", f"Pass another {name}.")


def _is_between(value: object, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return low <= value <= high and isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def parse_model(words: str) -> tuple[tuple[str, str], str | None]:
    """Provider and model of `PROVIDER:MODEL`, and the URL behind an @. Raises: ValueError."""
    found = re.fullmatch(r"([\w-]+):([^@\s]+)(?:@(https?://\S+))?", words)
    if found is None:
        raise ValueError("a model is PROVIDER:MODEL, or PROVIDER:MODEL@URL")
    return (found[1], found[2]), found[3]


@dataclass(frozen=True, slots=True)
class APIConfig:
    """One provider's settings. `timeout` is seconds for one request, answer included.

    `params` are further fields of the request's JSON, as they go over the wire (None: the field is
    left out); `thinking` is one of `wire.thinking.LEVELS`, or None for what the model does by
    itself. A response may have `max_response_mb` megabytes. `tiers` are service tiers in the order
    in which they are tried; `price` is a price of the user's own.
    """

    api_type: str
    api_key: str | None = field(repr=False)
    model: str
    base_url: str | None = None
    temperature: float = DEFAULT_TEMPERATURE
    max_tokens: int = DEFAULT_MAX_TOKENS
    timeout: float = DEFAULT_TIMEOUT_S
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    thinking: str | None = None
    max_response_mb: int = DEFAULT_MAX_RESPONSE_MB
    tiers: tuple[str, ...] = ()
    price: Price | None = None

    @property
    def will_think(self) -> bool:
        return will_think(self.api_type, self.model, self.thinking, self.params)

    @property
    def patience_s(self) -> float:
        """The timeout; where it is the default, longer for who thinks, and on the flex tier."""
        if self.timeout != DEFAULT_TIMEOUT_S:
            return self.timeout
        if FLEX in self.tiers:
            return _FLEX_TIMEOUT_S
        return _THINKING_TIMEOUT_S if self.will_think else self.timeout
