"""What a provider is asked with: one record, that clients, prices and keys are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_TEMPERATURE = 0.7
DEFAULT_MAX_TOKENS = 2048
DEFAULT_TIMEOUT_S = 60.0
DEFAULT_MAX_RESPONSE_MB = 64


@dataclass(frozen=True, slots=True)
class APIConfig:
    """One provider's settings. `timeout` is seconds for one request, answer included.

    `params` are further fields of the request's JSON, as they go over the wire (None: the field is
    left out); `thinking` is one of `wire.thinking.LEVELS`, or None for what the model does by
    itself. A response may have `max_response_mb` megabytes.
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
