"""What a failed request means: one table from HTTP status, error code and wording to an error.

The first row that fits decides. Facts are from the providers' error pages and from servers
that were asked (OpenAI, DeepSeek, Anthropic, vLLM, llama.cpp), 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from time import time

import orjson

from pettingllms.errors import (
    BaseURLError,
    CollectError,
    ConnectionFailedError,
    ContentFilterError,
    ContextLengthError,
    KeyRefusedError,
    MalformedResponseError,
    NoCapacityError,
    QuotaError,
    RateLimitError,
    RequestRefusedError,
    RequestTimeoutError,
    ResponseTooLargeError,
    RowRefusedError,
    ServerError,
    TransientError,
    UnknownModelError,
)
from pettingllms.files import json
from pettingllms.files.remote import without_logins
from pettingllms.providers.wire.json_access import at, positive, text


@dataclass(frozen=True, slots=True)
class HTTPFailure:
    """A response that is no answer. `words` is its code, type, param and message, lower case."""

    provider: str
    model: str
    url: str
    status: int
    message: str
    words: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    """Fits when the status is one of `statuses` and, where given, one of `words` occurs."""

    error: type[CollectError]
    statuses: frozenset[int]
    words: tuple[str, ...] = ()

    def fits(self, failure: HTTPFailure) -> bool:
        return failure.status in self.statuses and (
            not self.words or any(word in failure.words for word in self.words)
        )


def _on(*statuses: int) -> frozenset[int]:
    return frozenset(statuses)


_SERVER_STATUSES = frozenset({408, 409, 425, *range(500, 600)})

_RULES: tuple[_Rule, ...] = (
    _Rule(QuotaError, _on(402)),
    _Rule(ConnectionFailedError, _on(407)),
    _Rule(QuotaError, _on(400, 403, 429), ("insufficient_quota", "billing_", "billing hard limit")),
    _Rule(ContextLengthError, _on(429), ("request too large",)),
    _Rule(
        NoCapacityError,
        _on(429),
        ("resource_unavailable", "resource unavailable", "resource-unavailable",
         "capacity_exceeded"),
    ),
    _Rule(NoCapacityError, _on(429, 498, 503), ("flex capacity", "flex tier", "tier flex")),
    _Rule(RateLimitError, _on(429), ("rate_limit_exceeded", "per min", "perminute")),
    _Rule(
        QuotaError,
        _on(400, 403, 429),
        ("billing details", "spend limit", "spend_limit", "spending", "credit balance",
         "quota exceeded", "exceeded your current quota", "api usage limits"),
    ),
    _Rule(RateLimitError, _on(429)),
    _Rule(ServerError, _SERVER_STATUSES),
    _Rule(UnknownModelError, _on(403), ("model_not_found",)),
    _Rule(ContentFilterError, _on(403), ("moderation", "flagged")),
    _Rule(KeyRefusedError, _on(401, 403)),
    _Rule(
        KeyRefusedError,
        _on(400),
        ("invalid_api_key", "api key not valid", "incorrect api key", "invalid api key"),
    ),
    _Rule(RequestRefusedError, _on(400), ("argument not supported",)),
    _Rule(RequestRefusedError, _on(404), ("support the requested parameters",)),
    _Rule(
        UnknownModelError,
        _on(400, 404, 410),
        ("model_not_found", "model not exist", "model:", "param=model", "retired", "decommission",
         "not a valid model", "invalid model", "model_not_available", "deploymentnotfound",
         "no endpoints found", "end of life", "end-of-life"),
    ),
    _Rule(UnknownModelError, _on(404), ("model",)),
    _Rule(BaseURLError, _on(301, 302, 303, 307, 308, 404, 405, 410)),
    _Rule(
        RequestRefusedError,
        _on(400, 422),
        ("max_tokens is too large", "max_tokens: ", "invalid max_tokens"),
    ),
    _Rule(
        ContextLengthError,
        _on(400, 413, 422),
        ("context_length", "context length", "context limit", "context window", "context size",
         "input_tokens", "too long"),
    ),
    _Rule(ContextLengthError, _on(413)),
    _Rule(
        ContentFilterError,
        _on(400, 422),
        ("content_filter", "content filter", "content_policy", "content management", "safety",
         "moderation", "flagged", "content exists risk"),
    ),
    _Rule(
        RequestRefusedError,
        _on(400, 422),
        ("unsupported_parameter", "unsupported_value", "unknown_parameter", "unsupported parameter",
         "unrecognized request argument", "extra inputs are not permitted", "unsupportedparams",
         "is unsupported", "support parameter", "support the parameter", "unknown field",
         "not supported with this model", "temperature", "top_p", "unknown name",
         "reasoning_effort", "thinking", "output_config", "chat_template_kwargs", "service_tier"),
    ),
)  # fmt: skip

_REMEDIES: dict[type[CollectError], str] = {
    QuotaError: "Add credit or raise the spending limit in the provider's console, then run"
    " again: what was answered is kept.",
    RateLimitError: "Allow fewer concurrent requests (--max-concurrency), ask for fewer episodes"
    " (SFT_NUM_EPISODES, training.sft_num_episodes), or wait and run again: what was answered"
    " is kept.",
    NoCapacityError: "Run again later, or let the ordinary tier answer then: SFT_TIER (--tier)"
    " flex,default.",
    KeyRefusedError: "Check the key and what it may access.",
    UnknownModelError: "Name another with API_MODEL (--model).",
    BaseURLError: "Check API_BASE_URL (--base-url); for OpenAI-compatible servers it usually"
    " ends in /v1.",
    RequestTimeoutError: "Raise API_TIMEOUT (--timeout) if the model needs longer to answer.",
    ContextLengthError: "Shorten the prompt, or lower API_MAX_TOKENS.",
}

_SETTINGS: tuple[tuple[str, str], ...] = (
    ("max_tokens|max_completion_tokens", "Set API_MAX_TOKENS (--max-tokens) to what it allows."),
    ("temperature", "Set API_TEMPERATURE (--temperature) to what it allows, or leave it out:"
     " SFT_PARAMS (--param) temperature=null."),
    ("reasoning_?effort|thinking|output_config|chat_template_kwargs|budget_tokens",
     "Set SFT_THINKING (--thinking) to another level, or leave it out; or say it as this server"
     " wants it with SFT_PARAMS (--param)."),
    ("service_tier", "Leave out SFT_TIER (--tier), or name another."),
    ("system", "Leave out the system message: SFT_SYSTEM_PROMPT= (--system-prompt=)."),
    ("", "Change or leave out the setting that it names: what SFT_PARAMS (--param) adds is sent as"
     " it is."),
)  # fmt: skip
"""What a refusal may name, and the setting that helps; the first that fits."""


def _remedy(error: type[CollectError], failure: HTTPFailure) -> str:
    if error is not RequestRefusedError:
        return _REMEDIES.get(error, "")
    return next(remedy for name, remedy in _SETTINGS if re.search(name, failure.words))


def error_from_response(
    provider: str, model: str, url: str, status: int, body: object, headers: Mapping[str, str]
) -> CollectError:
    """The error that a non-200 response stands for; `body` is its JSON, or its text."""
    failure = HTTPFailure(
        provider=provider,
        model=model,
        url=url,
        status=status,
        message=_message(body),
        words=_words(body),
        retry_after_s=_retry_after_s(headers),
    )
    kind = next((rule.error for rule in _RULES if rule.fits(failure)), RowRefusedError)
    message, remedy = _describe(kind, failure), _remedy(kind, failure)
    error = kind(message, remedy)
    error.said = failure.words
    error.may_be_billed = False
    if isinstance(error, TransientError):
        error.retry_after_s = failure.retry_after_s
    return error


def _describe(error: type[CollectError], failure: HTTPFailure) -> str:
    said = f"{failure.provider} answered {failure.status}: {failure.message}"
    openings: dict[type[CollectError], str] = {
        RateLimitError: f"Rate limit exceeded: {said}",
        UnknownModelError: f"Unknown model {failure.model!r}: {said}",
        BaseURLError: f"No such API at {failure.url}: {said}",
        ConnectionFailedError: f"No connection to {failure.url}: the proxy wants a password (407)",
        NoCapacityError: f"Rate limit exceeded: no room on the cheaper tier: {said}",
        KeyRefusedError: f"The API key for {failure.provider} was refused: {said}",
        QuotaError: f"The account at {failure.provider} cannot pay: {said}",
    }
    return openings.get(error, said)


def timed_out(timeout_s: float) -> RequestTimeoutError:
    return RequestTimeoutError(
        f"Error getting API response: timeout after {timeout_s:g} s", _REMEDIES[RequestTimeoutError]
    )


def too_large(most_bytes: int) -> ResponseTooLargeError:
    return ResponseTooLargeError(
        f"The response has more than {most_bytes / 1_000_000:,.0f} MB: reading it was broken off.",
        "Raise API_MAX_RESPONSE_MB (--max-response-mb) if answers may be so long.",
    )


def web_page(url: str) -> BaseURLError:
    """For a page where an answer should be: a website, a gateway's or a login's."""
    return BaseURLError(f"No such API at {url}: a web page answers.", _REMEDIES[BaseURLError])


def connection_failed(
    url: str, cause: BaseException, *, was_sent: bool = True
) -> ConnectionFailedError:
    reason = str(cause.__cause__ or cause) or type(cause).__name__
    error = ConnectionFailedError(f"No connection to {url}: {without_logins(reason)}")
    error.may_be_billed = was_sent
    return error


def error_from_exception(error: Exception) -> CollectError:
    """The meaning of an exception out of a contributor's `generate`, told by its looks.

    The libraries in use (openai, anthropic, httpx, aiohttp, requests, urllib) share no base
    class, but what carries a status and what their errors are called is alike.
    """
    if isinstance(error, CollectError):
        return error
    status = _status(error)
    if status is not None:
        body = getattr(error, "body", None) or str(error)
        headers: Mapping[str, str] = getattr(_response(error), "headers", None) or {}
        return error_from_response("the provider", "", "", status, body, headers)
    called = " ".join(kind.__name__ for kind in type(error).__mro__).lower()
    said = str(error) or type(error).__name__
    if "timeout" in called:
        return RequestTimeoutError(
            f"Error getting API response: timeout: {said}", _REMEDIES[RequestTimeoutError]
        )
    if isinstance(error, OSError) or any(word in called for word in _CONNECTION_WORDS):
        return ConnectionFailedError(f"No connection: {said}")
    return RowRefusedError(f"{type(error).__name__}: {error}")


_CONNECTION_WORDS = ("connection", "transporterror", "payloaderror")


def _response(error: Exception) -> object:
    """What carries the response's status and headers: the error's `response`, or itself."""
    response = getattr(error, "response", None)
    return error if response is None else response


def _status(error: Exception) -> int | None:
    places = ((error, "status_code"), (_response(error), "status_code"), (error, "status"))
    found = (getattr(holder, name, None) for holder, name in places)
    return next((status for status in found if isinstance(status, int) and status >= 300), None)


def error_in_answer(raw: object) -> MalformedResponseError | None:
    """The complaint of a gateway that says 200 and puts an error in the body."""
    if at(raw, "error") and not at(raw, "choices") and not at(raw, "content"):
        return MalformedResponseError(f"The gateway answered 200 with an error: {_message(raw)}")
    return None


def _message(body: object) -> str:
    found = text(body, "error", "message") or text(body, "error") or text(body, "message")
    return (f"{found} {_passed_on(body)}" if found else str(body)).strip()[:300]


def _passed_on(body: object) -> str:
    """What the provider behind a router said, as OpenRouter hands it on."""
    raw = text(body, "error", "metadata", "raw")
    try:
        said: object = json.loads(raw.encode())
    except orjson.JSONDecodeError:
        return raw
    return text(said, "error", "message") or text(said, "message") or raw


def _words(body: object) -> str:
    error = at(body, "error") or body
    fields = (text(error, name) for name in ("code", "type", "message"))
    param = text(error, "param")
    return " ".join((*fields, f"param={param}" if param else "", _message(body))).lower()


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds from Retry-After, given as seconds or as an HTTP date; never negative."""
    milliseconds = positive(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value)
    return max(0.0, seconds) if isfinite(seconds) else None


def _until(http_date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(http_date).timestamp() - time())
    except (ValueError, TypeError, OverflowError, IndexError):  # what the library meets in nonsense
        return None
