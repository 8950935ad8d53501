"""What a failure means, for the words that providers really use."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pettingllms import errors
from pettingllms.providers.wire.failures import (
    connection_failed,
    error_from_exception,
    error_from_response,
    error_in_answer,
)
from tests.providers.wire.any_json import JSON


def openai(message, kind="invalid_request_error", code=None, param=None):
    return {"error": {"message": message, "type": kind, "code": code, "param": param}}


def anthropic(kind, message):
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def judge(status, body, headers=None):
    return error_from_response("openai", "the-model", "http://x/v1", status, body, headers or {})


TABLE = [
    # fatal: every row would meet it
    (401, openai("Incorrect API key provided: sk-a***.", code="invalid_api_key"),
     errors.KeyRefusedError),
    (401, anthropic("authentication_error", "invalid x-api-key"), errors.KeyRefusedError),
    (400, openai("Incorrect API key provided: xa***."), errors.KeyRefusedError),
    (400, [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}],
     errors.KeyRefusedError),
    (403, anthropic("permission_error", "Your API key does not have permission"),
     errors.KeyRefusedError),
    (403, openai("Country, region, or territory not supported"), errors.KeyRefusedError),
    (402, openai("Insufficient Balance", "unknown_error"), errors.QuotaError),
    (402, anthropic("billing_error", "Your credit balance is too low."), errors.QuotaError),
    (400, anthropic("invalid_request_error", "Your credit balance is too low to access the"
     " Anthropic API. Please go to Plans & Billing"), errors.QuotaError),
    (400, anthropic("invalid_request_error", "You have reached your specified API usage limits."
     " You will regain access on 2026-12-01"), errors.QuotaError),
    (429, openai("You exceeded your current quota, please check your plan and billing details.",
     "insufficient_quota", "insufficient_quota"), errors.QuotaError),
    (429, {"code": "insufficient_quota", "message": "as the SDK unwraps it"}, errors.QuotaError),
    (429, openai("Your account is not active, please check your billing details on our website.",
     "billing_not_active", "billing_not_active"), errors.QuotaError),
    (429, openai("Billing hard limit has been reached", code="billing_hard_limit_reached"),
     errors.QuotaError),
    (429, openai("Spend limit reached for this project", code="spend_limit_reached"),
     errors.QuotaError),
    (404, openai("The model `x` does not exist or you do not have access to it.",
     code="model_not_found"), errors.UnknownModelError),
    (403, openai("Project `proj_1` does not have access to model `gpt-4o`",
     code="model_not_found"), errors.UnknownModelError),
    (404, anthropic("not_found_error", "model: claude-3-5-sonnet-20241022"),
     errors.UnknownModelError),
    (400, openai("Model Not Exist"), errors.UnknownModelError),
    (404, {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError",
     "param": "model", "code": 404}, errors.UnknownModelError),
    (400, openai("foo/bar is not a valid model ID"), errors.UnknownModelError),
    (410, openai("This model has been retired"), errors.UnknownModelError),
    (404, {"detail": "Not Found"}, errors.BaseURLError),
    (404, openai("Invalid URL (POST /v1/v1/chat/completions)"), errors.BaseURLError),
    (405, {"detail": "Method Not Allowed"}, errors.BaseURLError),
    (307, "", errors.BaseURLError),
    (400, openai("Unsupported parameter: 'max_tokens' is not supported with this model.",
     code="unsupported_parameter", param="max_tokens"), errors.RequestRefusedError),
    (400, openai("Unsupported value: 'temperature' does not support 0.7 with this model.",
     code="unsupported_value", param="temperature"), errors.RequestRefusedError),
    (400, openai("Unrecognized request argument supplied: foo"), errors.RequestRefusedError),
    (400, anthropic("invalid_request_error", "temperature: range: 0..1"),
     errors.RequestRefusedError),
    (400, anthropic("invalid_request_error", "foo: Extra inputs are not permitted"),
     errors.RequestRefusedError),
    (400, anthropic("invalid_request_error", "max_tokens: 100000 > 8192, which is the maximum"),
     errors.RequestRefusedError),
    (400, openai("max_tokens is too large: 100000. This model supports at most 16384 completion"),
     errors.RequestRefusedError),
    (400, openai("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"),
     errors.RequestRefusedError),
    # transient
    (429, openai("Rate limit reached for gpt-4o in organization org-1 on requests per min. Limit:"
     " 3 / min. Please try again in 20s. Visit https://platform.openai.com/account/billing to add a"
     " payment method.", "requests", "rate_limit_exceeded"), errors.RateLimitError),
    (429, [{"error": {"code": 429, "message": "Quota exceeded for quota metric 'Generate requests'"
     " and limit 'GenerateRequestsPerMinutePerProject'"}}], errors.RateLimitError),
    (429, openai("Rate Limit Reached", "rate_limit_error"), errors.RateLimitError),
    (429, anthropic("rate_limit_error", "This request would exceed your organization's rate limit"
     " of 50 requests per minute"), errors.RateLimitError),
    (429, "slow down", errors.RateLimitError),
    (408, "", errors.ServerError),
    (409, openai("Another request is in progress"), errors.ServerError),
    (425, "Too Early", errors.ServerError),
    (500, openai("The server had an error", "server_error"), errors.ServerError),
    (502, "<html><h1>502 Bad Gateway</h1> no model</html>", errors.ServerError),
    (503, openai("The engine is currently overloaded"), errors.ServerError),
    (504, anthropic("timeout_error", "The request timed out"), errors.ServerError),
    (529, anthropic("overloaded_error", "Overloaded"), errors.ServerError),
    # this row only
    (400, openai("This model's maximum context length is 8192 tokens. However, your messages"
     " resulted in 9001 tokens.", code="context_length_exceeded"), errors.ContextLengthError),
    (400, anthropic("invalid_request_error", "prompt is too long: 200001 tokens > 200000 maximum"),
     errors.ContextLengthError),
    (400, anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit:"
     " 190000 + 20000 > 200000"), errors.ContextLengthError),
    (400, {"object": "error", "message": "This model's maximum context length is 4096 tokens.",
     "type": "BadRequestError", "param": None, "code": 400}, errors.ContextLengthError),
    (400, {"error": {"code": 400, "message": "request (1082 tokens) exceeds the available context"
     " size (1024 tokens), try increasing it", "type": "exceed_context_size_error",
     "n_prompt_tokens": 1082, "n_ctx": 1024}}, errors.ContextLengthError),
    (413, anthropic("request_too_large", "Request exceeds the maximum size"),
     errors.ContextLengthError),
    (429, openai("Request too large for gpt-4o in organization org-1 on tokens per min (TPM):"
     " Limit 30000, Requested 40000.", "tokens", "rate_limit_exceeded"),
     errors.ContextLengthError),
    (400, openai("The response was filtered due to the prompt triggering Azure OpenAI's content"
     " management policy.", code="content_filter"), errors.ContentFilterError),
    (400, openai("Content Exists Risk"), errors.ContentFilterError),
    (400, openai("Your request was rejected as a result of our safety system."),
     errors.ContentFilterError),
    (400, anthropic("invalid_request_error", "Output blocked by content filtering policy"),
     errors.ContentFilterError),
    (403, {"error": {"message": "Input was flagged by moderation", "code": 403}},
     errors.ContentFilterError),
    (400, openai("Invalid value for 'messages[0].content'."), errors.RowRefusedError),
    (422, {"detail": "odd"}, errors.RowRefusedError),
    (418, "", errors.RowRefusedError),
    (429, openai("Flex capacity: Resource Unavailable", code="resource_unavailable"),
     errors.NoCapacityError),
    (429, openai("We are out of flex capacity."), errors.NoCapacityError),
    (429, openai("resource-unavailable"), errors.NoCapacityError),
    (498, openai("Flex tier capacity exceeded", code="capacity_exceeded"), errors.NoCapacityError),
    (400, {"code": "Client specified an invalid argument",
           "error": "Argument not supported on this model: presencePenalty"},
     errors.RequestRefusedError),
    (400, openai("property 'seed' is unsupported"), errors.RequestRefusedError),
    (400, openai("Model grok-4 does not support parameter stop."), errors.RequestRefusedError),
    (404, openai("No endpoints found that support the requested parameters", code=404),
     errors.RequestRefusedError),
    (404, openai("No endpoints found for google/gemini-2.0-flash-exp:free."),
     errors.UnknownModelError),
    (404, openai("The API deployment for this resource does not exist.",
     code="DeploymentNotFound"), errors.UnknownModelError),
    (400, openai("Unable to access non-serverless model.", code="model_not_available"),
     errors.UnknownModelError),
    (410, openai("This version has reached its end of life."), errors.UnknownModelError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "expected"), TABLE)
def test_the_table(status, body, expected):
    """Status, code and wording together make the error."""
    error = judge(status, body)
    assert type(error) is expected
    assert str(status) in str(error)


OF_OUR_OWN = {"LackingLibraryError", "BrokenProblemError", "PrivateProblemError"}
"""Errors of a row that no provider has seen."""


def test_every_error_that_a_response_can_mean_is_in_the_table_above():
    """A new kind of error wants an example."""
    no_response = {
        errors.RequestTimeoutError,
        errors.ConnectionFailedError,
        errors.MalformedResponseError,
        errors.FailedAnswerError,
        errors.EmptyAnswerError,
        errors.ResponseTooLargeError,
        errors.BatchExpiredError,
        errors.CanceledError,
        errors.InBatchError,
    }
    rows_and_transients = {
        *errors.TransientError.__subclasses__(),
        *errors.RowError.__subclasses__(),
    }
    of_responses = {
        error
        for error in rows_and_transients - no_response
        if error.__module__ == errors.__name__ and error.__name__ not in OF_OUR_OWN
    }
    assert of_responses <= {expected for _, _, expected in TABLE}


@given(st.integers(300, 599), JSON | st.text())
@example(407, "")
def test_every_response_means_something(status, body):
    """Any status with any body: an error with a message, transient for these statuses alone."""
    error = judge(status, body)
    assert isinstance(error, errors.FatalError | errors.TransientError | errors.RowError)
    assert error.message
    if status in {408, 409, 425} or status >= 500:
        assert type(error) is errors.ServerError
    elif status == 407:
        assert type(error) is errors.ConnectionFailedError
    elif status != 429:
        assert not isinstance(error, errors.TransientError)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after-ms": "²", "retry-after": "2"}, 2.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "later"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0.0),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status, headers, seconds):
    """Seconds, milliseconds or a date; nonsense is no wish at all."""
    assert judge(status, "", headers).retry_after_s == seconds


def test_retry_after_as_a_date_ahead():
    """An HTTP date becomes the seconds until then."""
    ahead = format_datetime(datetime.now(UTC) + timedelta(seconds=3600), usegmt=True)
    assert 3500 < judge(429, "", {"retry-after": ahead}).retry_after_s <= 3600


@given(st.text())
def test_any_retry_after_is_seconds_or_nothing(value):
    """Whatever a server sends, no exception and no negative wait."""
    wait_s = judge(429, "", {"retry-after": value, "retry-after-ms": value}).retry_after_s
    assert wait_s is None or 0 <= wait_s < float("inf")


@pytest.mark.parametrize("body", ["x" * 5000, openai("y" * 5000)])
def test_a_page_is_cut_short(body):
    """Nobody wants a web page in a log line."""
    assert len(judge(500, body).message) < 500


def test_a_refused_connection_names_the_reason_below():
    """The SDK's own `Connection error.` says nothing; its cause does."""
    error = RuntimeError("Connection error.")
    error.__cause__ = OSError("Name or service not known")
    assert "Name or service not known" in str(connection_failed("http://x", error))
    assert "RuntimeError" in str(connection_failed("http://x", RuntimeError()))


@given(JSON)
def test_an_error_in_a_200_is_malformed_or_none(raw):
    """Only a body that complains and answers nothing is one."""
    found = error_in_answer(raw)
    assert found is None or (isinstance(raw, dict) and raw["error"] and not raw.get("choices"))


def test_an_error_of_ours_means_itself():
    """It is not wrapped again."""
    error = errors.ContextLengthError("long")
    assert error_from_exception(error) is error
