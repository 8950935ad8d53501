"""The shape of a protocol's module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pettingllms.providers.dispatch import RateLimits
from pettingllms.records import Completion, Messages


class Wire(Protocol):
    """What `openai_chat` and `anthropic_messages` have."""

    @property
    def PATH(self) -> str: ...  # noqa: N802 - a module constant
    @property
    def MODELS_PATH(self) -> str: ...  # noqa: N802
    @property
    def HEADERS(self) -> Mapping[str, str]: ...  # noqa: N802

    def build_body(
        self, messages: Messages, model: str, max_tokens: int, sampling: Mapping[str, Any]
    ) -> dict[str, Any]: ...
    def parse(self, raw: object) -> Completion: ...
    def rate_limits(self, header: Mapping[str, str]) -> RateLimits: ...
