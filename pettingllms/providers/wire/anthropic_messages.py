"""The Anthropic messages protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pettingllms.errors import MalformedResponseError
from pettingllms.providers.dispatch import RateLimits
from pettingllms.providers.wire.capabilities import drop_refused
from pettingllms.providers.wire.finish import reason_of, refuse_failure
from pettingllms.providers.wire.json_access import (
    at,
    integer,
    is_object,
    items,
    positive,
    text,
    whole,
)
from pettingllms.records import Completion, Messages, Usage

PATH = "/v1/messages"
MODELS_PATH = "/v1/models?limit=1000"
"""All on one page; there are 20 on one otherwise."""
HEADERS: Mapping[str, str] = {"anthropic-version": "2023-06-01"}
"""The newest API version that still takes sampling settings from the models that have them."""


def build_body(
    messages: Messages, model: str, max_tokens: int, sampling: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON body; system messages become its one `system` text. Thinking of earlier turns is
    left out, as the protocol allows where no tools are used: it would need its signature."""
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    turns = [
        {"role": m["role"], "content": m["content"]} for m in messages if m["role"] != "system"
    ]
    body = {"model": model, "messages": turns, "max_tokens": max_tokens, **sampling}
    return drop_refused({"system": system, **body} if system else body)


def parse(raw: object) -> Completion:
    """Raises: MalformedResponseError when `raw` is no message."""
    blocks = items(raw, "content")
    ended = text(raw, "stop_reason")
    is_list = isinstance(at(raw, "content"), list) and all(map(is_object, blocks))
    refuse_failure(ended, is_failed=bool(at(raw, "error")), said=text(raw, "error", "message"))
    if not is_list or not ended:
        raise MalformedResponseError(f"The answer has no content: {str(raw)[:200]!r}")
    return Completion(
        text="".join(text(block, "text") for block in blocks if text(block, "type") == "text"),
        model=text(raw, "model"),
        finish_reason=reason_of(ended),
        usage=_usage(at(raw, "usage")),
        reasoning="".join(text(block, "thinking") for block in blocks),
        response_id=text(raw, "id"),
        tier=text(raw, "usage", "service_tier"),
        raw=cast("Mapping[str, Any]", raw),
    )


def _usage(usage: object) -> Usage:
    cached = integer(usage, "cache_read_input_tokens")
    written = integer(usage, "cache_creation_input_tokens")
    return Usage(
        prompt_tokens=integer(usage, "input_tokens") + cached + written,
        completion_tokens=integer(usage, "output_tokens"),
        cached_tokens=cached,
    )


def rate_limits(header: Mapping[str, str]) -> RateLimits:
    return RateLimits(
        positive(header.get("anthropic-ratelimit-requests-limit")),
        positive(header.get("anthropic-ratelimit-tokens-limit")),
        whole(header.get("anthropic-ratelimit-requests-remaining")),
        whole(header.get("anthropic-ratelimit-tokens-remaining")),
    )
