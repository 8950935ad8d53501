"""Why an answer ended, in the words of every provider and server that was asked."""

from __future__ import annotations

from collections.abc import Mapping

from pettingllms.errors import FailedAnswerError
from pettingllms.records import FinishReason

_WORDS: Mapping[FinishReason, tuple[str, ...]] = {
    FinishReason.STOP: (
        *("stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "completed"),
    ),
    FinishReason.LENGTH: (
        *("length", "max_tokens", "max_output_tokens", "max_length", "model_length"),
        *("model_context_window_exceeded", "context_length_exceeded"),
    ),
    FinishReason.CONTENT_FILTER: (
        *("content_filter", "content_filtered", "safety", "recitation", "prohibited_content"),
        *("blocklist", "spii", "sensitive", "guardrail_intervened"),
    ),
    FinishReason.REFUSAL: ("refusal",),
}
_REASONS = {word: reason for reason, words in _WORDS.items() for word in words}
_FAILED = frozenset(
    {
        *("error", "failed", "abort", "aborted", "cancelled", "canceled", "timeout"),
        *("insufficient_system_resource", "malformed_function_call", "network_error"),
        *("overloaded", "engine_overloaded", "server_error", "internal_error"),
    }
)
"""What says that what is there is no whole answer, through no fault of the request: OpenRouter's,
DeepSeek's, vLLM's and SGLang's, Gemini's, Zhipu's."""


def reason_of(word: str) -> FinishReason:
    """Written in any case; OTHER where it is not known, or nothing."""
    return _REASONS.get(word.lower(), FinishReason.OTHER)


def refuse_failure(word: str, *, is_failed: bool, said: str) -> None:
    """Raises: FailedAnswerError where a finish reason, or an error beside the answer, means it."""
    if is_failed or word.lower() in _FAILED:
        raise FailedAnswerError(f"The answer broke off ({word or 'error'}) {said[:300]}".strip())
