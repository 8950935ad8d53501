"""The OpenAI chat completions protocol, as OpenAI, DeepSeek, vLLM and most proxies speak it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pettingllms.errors import MalformedResponseError
from pettingllms.providers.dispatch import RateLimits
from pettingllms.providers.wire.capabilities import capabilities_of, drop_refused
from pettingllms.providers.wire.json_access import at, integer, positive, text
from pettingllms.records import Completion, FinishReason, Message, Messages, Usage

PATH = "/chat/completions"
MODELS_PATH = "/models"
HEADERS: Mapping[str, str] = {}

_FINISH = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}


def build_body(
    messages: Messages, model: str, max_tokens: int, sampling: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON body; `sampling` holds temperature and whatever else the caller sets."""
    accepted = capabilities_of(model)
    return drop_refused(
        {
            "model": model,
            "messages": [_message(m, with_reasoning=accepted.rereads_reasoning) for m in messages],
            accepted.max_tokens_field: max_tokens,
            **sampling,
        }
    )


def _message(message: Message, *, with_reasoning: bool) -> dict[str, str]:
    sent: dict[str, str] = {"role": message["role"], "content": message["content"]}
    if with_reasoning and (reasoning := message.get("reasoning")):
        sent["reasoning_content"] = reasoning
    return sent


def parse(raw: object) -> Completion:
    """Raises: MalformedResponseError when `raw` is no chat completion."""
    choice = at(raw, "choices", 0)
    message = at(choice, "message")
    content = at(message, "content")
    if not isinstance(content, str) and (content is not None or not text(choice, "finish_reason")):
        raise MalformedResponseError(f"The answer has no message: {str(raw)[:200]!r}")
    refusal = text(message, "refusal")
    return Completion(
        text=content or refusal,
        model=text(raw, "model"),
        finish_reason=FinishReason.REFUSAL
        if refusal
        else _FINISH.get(text(choice, "finish_reason"), FinishReason.OTHER),
        usage=_usage(raw),
        reasoning=text(message, "reasoning_content") or text(message, "reasoning"),
        response_id=text(raw, "id"),
        raw=cast("Mapping[str, Any]", raw),
    )


def _usage(raw: object) -> Usage:
    usage = at(raw, "usage")
    cached = integer(at(usage, "prompt_tokens_details"), "cached_tokens")
    return Usage(
        prompt_tokens=integer(usage, "prompt_tokens"),
        completion_tokens=integer(usage, "completion_tokens"),
        cached_tokens=cached or integer(usage, "prompt_cache_hit_tokens"),
        reasoning_tokens=integer(at(usage, "completion_tokens_details"), "reasoning_tokens"),
    )


def rate_limits(header: Mapping[str, str]) -> RateLimits:
    return RateLimits(
        positive(header.get("x-ratelimit-limit-requests")),
        positive(header.get("x-ratelimit-limit-tokens")),
    )
