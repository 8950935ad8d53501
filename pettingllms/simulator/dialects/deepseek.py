"""DeepSeek: OpenAI's shapes with errors, cache counts and silences of its own.

It publishes no rate-limit headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from pettingllms.simulator.chat import ErrorReply, Reply
from pettingllms.simulator.dialects.base import Document, Headers, as_table
from pettingllms.simulator.dialects.openai_chat import OpenAIDialect
from pettingllms.simulator.limits import Allowance, Resource

_INVALID = "invalid_request_error"


class DeepSeekDialect(OpenAIDialect):
    request_id_header = "x-ds-trace-id"
    owner = "deepseek"
    errors = as_table(
        ErrorReply(400, "Invalid request body format.", _INVALID, _INVALID),
        ErrorReply(401, "Authentication Fails (no such user)", "authentication_error", _INVALID),
        ErrorReply(402, "Insufficient Balance", "unknown_error", _INVALID),
        ErrorReply(429, "Rate Limit Reached", "rate_limit_error"),
        ErrorReply(500, "Server Error", "server_error"),
        ErrorReply(503, "Server Overloaded", "server_error"),
    )

    def usage(self, reply: Reply) -> Document:
        return {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
            "total_tokens": reply.total_tokens,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
            "prompt_cache_hit_tokens": 0,
            "prompt_cache_miss_tokens": reply.prompt_tokens,
        }

    def unknown_model(self, model: str) -> ErrorReply:
        return ErrorReply(400, "Model Not Exist")

    def refused_key(self, key: str | None) -> ErrorReply:
        return ErrorReply(401)

    def limit_headers(self, allowances: Mapping[Resource, Allowance]) -> Headers:
        return {}

    def retry_headers(self, retry_after_s: float) -> Headers:
        return {"retry-after": str(ceil(retry_after_s))}
