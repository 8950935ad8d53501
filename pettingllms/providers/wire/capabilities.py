"""What a model family accepts, as data. Read from the providers' documentation, 2026-11."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`samples`: takes temperature and its kin; `max_tokens_field`: how the limit is called;
    `rereads_reasoning`: wants what it thought in earlier turns back."""

    samples: bool = True
    max_tokens_field: str = "max_tokens"
    rereads_reasoning: bool = False


_FAMILIES: tuple[tuple[str, Capabilities], ...] = (
    (r"(o\d|gpt-[5-9])", Capabilities(samples=False, max_tokens_field="max_completion_tokens")),
    (r"claude-([a-z]+-)?[5-9]", Capabilities(samples=False)),
    (r"claude-opus-4-[78]", Capabilities(samples=False)),
    (r"deepseek-v[4-9]", Capabilities(rereads_reasoning=True)),
)


@lru_cache(maxsize=256)
def capabilities_of(model: str) -> Capabilities:
    """Unknown models are taken to accept what most OpenAI-compatible servers accept."""
    for pattern, capabilities in _FAMILIES:
        if re.match(pattern, model):
            return capabilities
    return Capabilities()


SAMPLING_FIELDS = ("temperature", "top_p", "top_k")


def drop_refused(body: Mapping[str, Any]) -> dict[str, Any]:
    """`body` without the sampling settings that its model refuses."""
    samples = capabilities_of(body["model"]).samples
    return {k: value for k, value in body.items() if samples or k not in SAMPLING_FIELDS}
