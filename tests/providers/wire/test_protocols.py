"""Bodies out and answers in, without a network: the pure halves of both protocols."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pettingllms.errors import FailedAnswerError, MalformedResponseError
from pettingllms.providers.dispatch import RateLimits
from pettingllms.providers.wire import anthropic_messages, openai_chat
from pettingllms.providers.wire.capabilities import SAMPLING_FIELDS, capabilities_of
from pettingllms.records import Completion, FinishReason, Usage
from tests.providers.wire.any_json import ANTHROPIC_LIKE, JSON, OPENAI_LIKE

WIRES = (openai_chat, anthropic_messages)
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "2 + 2?"},
    {"role": "assistant", "content": "5", "reasoning": "hm"},
    {"role": "user", "content": "No."},
]


def openai_answer(message, finish_reason="stop", **rest):
    return {"choices": [{"message": message, "finish_reason": finish_reason}], **rest}


def anthropic_answer(*blocks, stop_reason="end_turn", **rest):
    return {"content": list(blocks), "stop_reason": stop_reason, **rest}


def test_an_openai_body():
    """Messages as they are, without what is ours; settings beside them."""
    body = openai_chat.build_body(TALK, "gpt-4o", 100, {"temperature": 0.5, "stop": ["x"]})
    assert body == {
        "model": "gpt-4o",
        "max_tokens": 100,
        "temperature": 0.5,
        "stop": ["x"],
        "messages": [{"role": m["role"], "content": m["content"]} for m in TALK],
    }


def test_deepseek_gets_its_reasoning_back():
    """Models that think by default and read on where they left off; older ones refuse it."""
    (newer,) = openai_chat.build_body(TALK[2:3], "deepseek-v4-pro", 100, {})["messages"]
    assert newer == {"role": "assistant", "content": "5", "reasoning_content": "hm"}
    (older,) = openai_chat.build_body(TALK[2:3], "deepseek-chat", 100, {})["messages"]
    assert older == {"role": "assistant", "content": "5"}


def test_an_anthropic_body():
    """System messages, wherever they stand, become the one system text."""
    body = anthropic_messages.build_body(
        [*TALK, {"role": "system", "content": "Really."}], "claude-3-opus", 100, {}
    )
    assert body == {
        "model": "claude-3-opus",
        "max_tokens": 100,
        "system": "Be brief.\n\nReally.",
        "messages": [{"role": m["role"], "content": m["content"]} for m in TALK[1:]],
    }
    assert "system" not in anthropic_messages.build_body(TALK[1:], "claude-3-opus", 100, {})


MODELS = {
    "gpt-4o": (True, "max_tokens"),
    "gpt-4-turbo": (True, "max_tokens"),
    "gpt-4.1": (True, "max_tokens"),
    "gpt-oss-120b": (True, "max_tokens"),
    "gpt-5": (False, "max_completion_tokens"),
    "gpt-6-mini": (False, "max_completion_tokens"),
    "o1": (False, "max_completion_tokens"),
    "o4-mini": (False, "max_completion_tokens"),
    "olmo-2": (True, "max_tokens"),
    "deepseek-chat": (True, "max_tokens"),
    "claude-3-5-sonnet-20241022": (True, "max_tokens"),
    "claude-3-7-sonnet-latest": (True, "max_tokens"),
    "claude-3-opus-20240229": (True, "max_tokens"),
    "claude-haiku-4-5": (True, "max_tokens"),
    "claude-opus-4-1": (True, "max_tokens"),
    "claude-opus-4-7": (False, "max_tokens"),
    "claude-sonnet-5": (False, "max_tokens"),
    "claude-5-opus": (False, "max_tokens"),
    "Qwen/Qwen3-8B": (True, "max_tokens"),
    "": (True, "max_tokens"),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("wire", WIRES)
def test_refused_settings_are_left_out(wire, model):
    """A model that refuses sampling gets none of its settings; all others get all of them."""
    samples, limit_field = MODELS[model]
    capabilities = capabilities_of(model)
    assert (capabilities.samples, capabilities.max_tokens_field) == (samples, limit_field)
    body = wire.build_body(TALK, model, 9, dict.fromkeys(SAMPLING_FIELDS, 1))
    assert set(SAMPLING_FIELDS) & body.keys() == (set(SAMPLING_FIELDS) if samples else set())


@pytest.mark.parametrize(
    ("message", "finish_reason", "expected"),
    [
        ({"content": "hi"}, "stop", Completion("hi")),
        ({"content": "hi"}, "length", Completion("hi", finish_reason=FinishReason.LENGTH)),
        ({"content": "hi"}, "tool_calls", Completion("hi", finish_reason=FinishReason.OTHER)),
        ({"content": "hi"}, None, Completion("hi", finish_reason=FinishReason.OTHER)),
        ({"content": None}, "content_filter",
         Completion("", finish_reason=FinishReason.CONTENT_FILTER)),
        ({"content": None, "refusal": "I cannot"}, "stop",
         Completion("I cannot", finish_reason=FinishReason.REFUSAL)),
        ({"content": "hi", "reasoning_content": "hm"}, "stop", Completion("hi", reasoning="hm")),
        ({"content": "hi", "reasoning": "hm"}, "stop", Completion("hi", reasoning="hm")),
        ({"content": None, "reasoning": "hm"}, "length",
         Completion("", reasoning="hm", finish_reason=FinishReason.LENGTH)),
    ],
)  # fmt: skip
def test_openai_answers(message, finish_reason, expected):
    """Text, reasoning under either name, refusals, and every reason to end."""
    found = openai_chat.parse(openai_answer(message, finish_reason))
    assert (found.text, found.reasoning) == (expected.text, expected.reasoning)
    assert found.finish_reason is expected.finish_reason


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 5,
          "prompt_tokens_details": {"cached_tokens": 4},
          "completion_tokens_details": {"reasoning_tokens": 3}}, Usage(9, 5, 4, 3)),
        ({"prompt_tokens": 9, "completion_tokens": 5, "prompt_cache_hit_tokens": 4},
         Usage(9, 5, 4, 0)),
        ({"prompt_tokens": "9", "completion_tokens": True}, Usage()),
        (None, Usage()),
    ],
)  # fmt: skip
def test_openai_usage(usage, expected):
    """OpenAI's and DeepSeek's counts; what is no count is none."""
    assert openai_chat.parse(openai_answer({"content": "x"}, usage=usage)).usage == expected


@pytest.mark.parametrize(
    ("stop_reason", "expected"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("refusal", FinishReason.REFUSAL),
        ("pause_turn", FinishReason.OTHER),
    ],
)
def test_anthropic_stop_reasons(stop_reason, expected):
    """Each as what it is."""
    answer = anthropic_answer({"type": "text", "text": "x"}, stop_reason=stop_reason)
    assert anthropic_messages.parse(answer).finish_reason is expected


def test_an_anthropic_answer():
    """Thinking apart from text, text blocks joined, cached tokens counted into the prompt."""
    found = anthropic_messages.parse(
        anthropic_answer(
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "one "},
            {"type": "text", "text": "two"},
            id="msg_1",
            model="claude-x",
            usage={
                "input_tokens": 5,
                "cache_read_input_tokens": 3,
                "cache_creation_input_tokens": 2,
                "output_tokens": 7,
            },
        )
    )
    assert (found.text, found.reasoning) == ("one two", "hm")
    assert (found.response_id, found.model) == ("msg_1", "claude-x")
    assert found.usage == Usage(prompt_tokens=10, completion_tokens=7, cached_tokens=3)


@pytest.mark.parametrize(
    ("wire", "raw"),
    [
        *[
            (openai_chat, raw)
            for raw in (
                None, "text", [], {}, {"choices": None}, {"choices": []}, {"choices": "x"},
                {"choices": [None]}, {"choices": [{}]}, {"choices": [{"message": "x"}]},
                openai_answer({}, None), openai_answer({"content": 5}),
                openai_answer({"content": None}, None),
            )
        ],
        *[
            (anthropic_messages, raw)
            for raw in (
                None, "text", [], {}, {"content": None, "stop_reason": "end_turn"},
                {"content": "text", "stop_reason": "end_turn"}, {"content": []},
                anthropic_answer(5), anthropic_answer(None), anthropic_answer(stop_reason=None),
            )
        ],
    ],
)  # fmt: skip
def test_what_is_no_answer(wire, raw):
    """A 200 that holds none is malformed, whatever else it is."""
    with pytest.raises(MalformedResponseError):
        wire.parse(raw)


@given(JSON | OPENAI_LIKE | ANTHROPIC_LIKE)
@pytest.mark.parametrize("wire", WIRES)
@example({"choices": [{"error": True}]})
def test_any_json_is_an_answer_or_none(wire, raw):
    """Malformed, or failed by its own words; an answer has fields of the promised types."""
    try:
        found = wire.parse(raw)
    except (MalformedResponseError, FailedAnswerError):
        return
    assert isinstance(found.text, str)
    assert isinstance(found.reasoning, str)
    assert isinstance(found.model, str)
    assert isinstance(found.response_id, str)
    assert isinstance(found.finish_reason, FinishReason)
    counts = (found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.cached_tokens)
    assert all(type(count) is int for count in counts)
    assert found.raw == raw or raw != raw  # noqa: PLR0124 - NaN somewhere inside


@given(st.text(max_size=8))
@pytest.mark.parametrize(
    ("wire", "names"),
    [
        (openai_chat, ("x-ratelimit-limit-requests", "x-ratelimit-limit-tokens")),
        (anthropic_messages,
         ("anthropic-ratelimit-requests-limit", "anthropic-ratelimit-tokens-limit")),
    ],
)  # fmt: skip
def test_any_rate_limit_header_is_a_limit_or_none(wire, names, value):
    """Whole numbers above zero count; anything else is as if it were not there."""
    requests, tokens = names
    assert wire.rate_limits({requests: "500", tokens: "30000"}) == RateLimits(500, 30000)
    found = wire.rate_limits({requests: value})
    assert found.tokens_per_minute is None
    assert found.requests_per_minute is None or found.requests_per_minute > 0
    assert wire.rate_limits({requests: "0", tokens: "²"}) == RateLimits()


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        (openai_chat, "x-ratelimit-remaining-requests"),
        (anthropic_messages, "anthropic-ratelimit-requests-remaining"),
    ],
)
def test_nothing_left_is_not_unknown(wire, name):
    """Zero is a number here; what is no whole number is not."""
    assert wire.rate_limits({name: "0"}).requests_left == 0
    assert wire.rate_limits({name: "98"}).requests_left == 98
    assert wire.rate_limits({name: "-1"}) == wire.rate_limits({name: "many"}) == RateLimits()
