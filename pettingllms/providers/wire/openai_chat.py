"""The OpenAI chat completions protocol, as OpenAI, DeepSeek, vLLM and most proxies speak it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pettingllms.errors import MalformedResponseError
from pettingllms.providers.dispatch import RateLimits
from pettingllms.providers.wire.capabilities import capabilities_of, drop_refused
from pettingllms.providers.wire.channels import split_channels
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
from pettingllms.records import Completion, FinishReason, Message, Messages, Usage

PATH = "/chat/completions"
MODELS_PATH = "/models"
HEADERS: Mapping[str, str] = {}


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
    """Raises: MalformedResponseError when `raw` is no chat completion; FailedAnswerError when it
    says itself that it is half of one."""
    choice = at(raw, "choices", 0)
    message, finish = at(choice, "message"), text(choice, "finish_reason")
    content = at(choice, "text") if message is None else at(message, "content")
    said = text(choice, "error", "message") or text(raw, "error", "message")
    is_failed = bool(at(choice, "error") or at(raw, "error"))
    refuse_failure(finish, is_failed=is_failed, said=said)
    is_text = type(content) in (str, list, dict)
    if not is_text and (content is not None or not finish):
        raise MalformedResponseError(f"The answer has no message: {str(raw)[:200]!r}")
    refusal = text(message, "refusal")
    answer, thinking = _texts(content)
    return Completion(
        text=answer or refusal,
        model=text(raw, "model"),
        finish_reason=FinishReason.REFUSAL if refusal else reason_of(finish),
        usage=_usage(raw),
        reasoning=text(message, "reasoning_content") or text(message, "reasoning") or thinking,
        response_id=text(raw, "id"),
        tier=text(raw, "service_tier"),
        raw=cast("Mapping[str, Any]", raw),
    )


def _texts(content: object) -> tuple[str, str]:
    """The answer and the thinking of a content that is text, or a list of typed chunks, or one."""
    if isinstance(content, str):
        return split_channels(content)
    chunks = _chunks(content)
    thinking = "".join(_written(chunk) for chunk in chunks if _is_thinking(chunk))
    return "".join(_written(chunk) for chunk in chunks if not _is_thinking(chunk)), thinking


def _is_thinking(chunk: object) -> bool:
    return text(chunk, "type") in ("thinking", "reasoning", "reasoning_text")


def _written(chunk: object, depth: int = 0) -> str:
    """Of one chunk, whose text may be a list of chunks itself."""
    if isinstance(chunk, str):
        return chunk
    inner = next((v for name in _TEXT_FIELDS if (v := at(chunk, name)) is not None), None)
    if isinstance(inner, str) or depth == _DEEPEST:
        return inner if isinstance(inner, str) else ""
    return "".join(_written(part, depth + 1) for part in _chunks(inner))


def _chunks(content: object) -> Sequence[object]:
    return [content] if is_object(content) else items(content)


_TEXT_FIELDS = ("text", "thinking", "reasoning", "summary", "content", "refusal", "value")
_DEEPEST = 4


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
        whole(header.get("x-ratelimit-remaining-requests")),
        whole(header.get("x-ratelimit-remaining-tokens")),
    )
