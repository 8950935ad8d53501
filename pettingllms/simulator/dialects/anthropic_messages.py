"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil

from pydantic import PositiveInt
from pydantic_core import ErrorDetails

from pettingllms.simulator.chat import ErrorReply, Reply
from pettingllms.simulator.dialects.base import (
    RELEASED_AT,
    Dialect,
    Document,
    Headers,
    WireBody,
    as_table,
    bearer,
)
from pettingllms.simulator.limits import Allowance, Resource

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "refusal": "refusal",
    "content_filter": "refusal",
}


class _MessagesBody(WireBody):
    max_tokens: PositiveInt  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]  # required here


class AnthropicDialect(Dialect):
    request_id_header = "request-id"
    body_form = _MessagesBody
    errors = as_table(
        ErrorReply(400, "The request is invalid.", "invalid_request_error"),
        ErrorReply(401, "invalid x-api-key", "authentication_error"),
        ErrorReply(402, "Your credit balance is too low.", "billing_error"),
        ErrorReply(403, "Your API key may not use this resource.", "permission_error"),
        ErrorReply(404, "Not found", "not_found_error"),
        ErrorReply(413, "Request exceeds the maximum size", "request_too_large"),
        ErrorReply(429, "This request would exceed your rate limit.", "rate_limit_error"),
        ErrorReply(500, "Internal server error", "api_error"),
        ErrorReply(504, "The request timed out", "timeout_error"),
        ErrorReply(529, "Overloaded", "overloaded_error"),
    )

    def answer(self, number: int, model: str, reply: Reply, tier: str = "default") -> Document:
        return {
            "id": f"msg_{number:024d}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": _blocks(reply),
            "stop_reason": _STOP_REASONS[reply.finish_reason],
            "stop_sequence": None,
            "usage": {
                "input_tokens": reply.prompt_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": reply.completion_tokens,
                "output_tokens_details": {"thinking_tokens": reply.reasoning_tokens},
                "service_tier": tier if tier == "batch" else "standard",
            },
        }

    def without_answer(self, answer: Document) -> Document:
        return {**answer, "content": []}

    def error(self, error: ErrorReply, request_id: str) -> Document:
        usual = self.usual_error(error.status)
        return {
            "type": "error",
            "error": {"type": usual.type, "message": error.message or usual.message},
            "request_id": request_id,
        }

    def models(self, names: Sequence[str], retiring: Mapping[str, date]) -> Document:
        return {
            "data": [_model(name, retiring.get(name)) for name in names],
            "has_more": False,
            "first_id": names[0] if names else None,
            "last_id": names[-1] if names else None,
        }

    def unknown_model(self, model: str) -> ErrorReply:
        return ErrorReply(404, f"model: {model}")

    def key(self, headers: Headers) -> str | None:
        """The SDK sends a bearer token since 2.x; the API takes either."""
        return headers.get("x-api-key") or bearer(headers)

    def refused_key(self, key: str | None) -> ErrorReply:
        return ErrorReply(401, "" if key else "x-api-key header is required")

    def invalid(self, detail: ErrorDetails) -> ErrorReply:
        param = ".".join(map(str, detail["loc"][:3]))
        return ErrorReply(400, f"{param}: {detail['msg']}" if param else detail["msg"])

    def limit_headers(self, allowances: Mapping[Resource, Allowance]) -> Headers:
        headers: dict[str, str] = {}
        for resource, allowance in allowances.items():
            prefix = f"anthropic-ratelimit-{resource}"
            headers[f"{prefix}-limit"] = str(allowance.limit)
            headers[f"{prefix}-remaining"] = str(allowance.remaining)
            headers[f"{prefix}-reset"] = _in_seconds(allowance.reset_s)
        return headers

    def retry_headers(self, retry_after_s: float) -> Headers:
        return {"retry-after": str(ceil(retry_after_s))}


def _blocks(reply: Reply) -> list[Document]:
    blocks: list[Document] = []
    if reply.reasoning:
        blocks.append({"type": "thinking", "thinking": reply.reasoning, "signature": "c2lt"})
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    return blocks


def _model(name: str, retires: date | None) -> Document:
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": _rfc3339(datetime.fromtimestamp(RELEASED_AT, UTC)),
        "lifecycle": "deprecated" if retires else "active",
        "retires_at": retires and f"{retires.isoformat()}T00:00:00Z",
    }


def _in_seconds(seconds: float) -> str:
    return _rfc3339(datetime.now(UTC) + timedelta(seconds=seconds))


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
