"""OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from time import time
from typing import ClassVar

from pydantic_core import ErrorDetails

from pettingllms.simulator.chat import ErrorReply, Reply
from pettingllms.simulator.dialects.base import (
    RELEASED_AT,
    Dialect,
    Document,
    Headers,
    as_table,
    bearer,
)
from pettingllms.simulator.limits import Allowance, Resource

_FINISH_REASONS = {"refusal": "stop"}

_SERVER_ERROR = "server_error"
_INVALID = "invalid_request_error"


class OpenAIDialect(Dialect):
    request_id_header = "x-request-id"
    owner: ClassVar[str] = "openai"
    errors = as_table(
        ErrorReply(400, "The request is invalid.", _INVALID),
        ErrorReply(401, "Incorrect API key provided.", _INVALID, "invalid_api_key"),
        ErrorReply(403, "You have insufficient permissions.", "insufficient_permissions"),
        ErrorReply(429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
        ErrorReply(500, "The server had an error while processing your request.", _SERVER_ERROR),
        ErrorReply(503, "The engine is currently overloaded.", _SERVER_ERROR),
    )

    def answer(self, number: int, model: str, reply: Reply, tier: str = "default") -> Document:
        choice = {
            "index": 0,
            "message": _message(reply),
            "logprobs": None,
            "finish_reason": _FINISH_REASONS.get(reply.finish_reason, reply.finish_reason),
        }
        return {
            "id": f"chatcmpl-{number:029d}",
            "object": "chat.completion",
            "created": int(time()),
            "model": model,
            "choices": [choice],
            "usage": self.usage(reply),
            "service_tier": tier,
            "system_fingerprint": None,
        }

    def usage(self, reply: Reply) -> Document:
        return {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
            "total_tokens": reply.total_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": reply.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def without_answer(self, answer: Document) -> Document:
        return {**answer, "choices": []}

    def error(self, error: ErrorReply, request_id: str) -> Document:
        usual = self.usual_error(error.status)
        return {
            "error": {
                "message": error.message or usual.message,
                "type": error.type or usual.type,
                "param": error.param or None,
                "code": error.code or usual.code or None,
            }
        }

    def models(self, names: Sequence[str], retiring: Mapping[str, date]) -> Document:
        return {
            "object": "list",
            "data": [self._model(name, retiring.get(name)) for name in names],
        }

    def _model(self, name: str, shutdown: date | None) -> Document:
        return {
            "id": name,
            "object": "model",
            "created": RELEASED_AT,
            "owned_by": self.owner,
            "shutdown_date": shutdown and shutdown.isoformat(),
        }

    def unknown_model(self, model: str) -> ErrorReply:
        return ErrorReply(
            404,
            f"The model `{model}` does not exist or you do not have access to it.",
            code="model_not_found",
        )

    def key(self, headers: Headers) -> str | None:
        return bearer(headers)

    def refused_key(self, key: str | None) -> ErrorReply:
        if not key:
            return ErrorReply(401, "You didn't provide an API key.")
        return ErrorReply(401, f"Incorrect API key provided: {key[:3]}***.")

    def invalid(self, detail: ErrorDetails) -> ErrorReply:
        param = _param(detail)
        if param == "model" and detail["type"] != "string_type":
            return ErrorReply(400, "you must provide a model parameter")
        if detail["type"] == "missing":
            message = f"Missing required parameter: '{param}'."
            return ErrorReply(400, message, code="missing_required_parameter", param=param)
        message = f"Invalid value for '{param}': {detail['msg']}."
        return ErrorReply(400, message, code="invalid_value", param=param)

    def limit_headers(self, allowances: Mapping[Resource, Allowance]) -> Headers:
        headers: dict[str, str] = {}
        for resource, allowance in allowances.items():
            headers[f"x-ratelimit-limit-{resource}"] = str(allowance.limit)
            headers[f"x-ratelimit-remaining-{resource}"] = str(allowance.remaining)
            headers[f"x-ratelimit-reset-{resource}"] = _duration(allowance.reset_s)
        return headers

    def retry_headers(self, retry_after_s: float) -> Headers:
        return {
            "retry-after": str(ceil(retry_after_s)),
            "retry-after-ms": str(ceil(retry_after_s * 1000)),
        }


def _message(reply: Reply) -> Document:
    is_refusal = reply.finish_reason == "refusal"
    message: Document = {
        "role": "assistant",
        "content": None if is_refusal else reply.text,
        "refusal": reply.text if is_refusal else None,
        "annotations": [],
    }
    return {**message, "reasoning_content": reply.reasoning} if reply.reasoning else message


def _param(detail: ErrorDetails) -> str:
    """`messages[0].content`, out of pydantic's location."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in detail["loc"][:3])
    return "".join(steps).removeprefix(".")


def _duration(seconds: float) -> str:
    """As Go prints durations: `120ms`, `1.5s`, `6m0s`."""
    if seconds < 1:
        return f"{ceil(seconds * 1000)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{minutes:g}m{rest:g}s" if minutes else f"{rest:g}s"
