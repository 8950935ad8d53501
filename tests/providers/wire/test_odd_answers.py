"""Answers in shapes that servers really give: read whole, or refused as what they are."""

import pytest

from pettingllms.errors import FailedAnswerError, MalformedResponseError
from pettingllms.files import json
from pettingllms.providers.wire import anthropic_messages, openai_chat
from pettingllms.providers.wire.channels import split_channels
from pettingllms.providers.wire.replies import read_answer
from pettingllms.records import FinishReason, Usage

URL = "http://127.0.0.1/v1/chat/completions"


def answer(content, finish_reason="stop", **choice):
    message = {"role": "assistant", "content": content}
    return {"choices": [{"message": message, "finish_reason": finish_reason, **choice}]}


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        (
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "hi"},
            ],
            "hi",
            "hm",
        ),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hi"}], "hi", "hm"),
        ([{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}], "ab", ""),
        ([{"type": "reasoning", "summary": [{"text": "hm"}]}, "hi"], "hi", "hm"),
        ([{"type": "text", "text": {"value": "hi", "annotations": []}}], "hi", ""),
        ({"type": "text", "text": "hi"}, "hi", ""),
        ([{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "hi"}], "hi", ""),
        ([], "", ""),
        ([{"type": "tool_reference", "x": 1}], "", ""),
    ],
)
def test_content_in_typed_chunks_is_read(content, text, reasoning):
    """Thinking to the reasoning, text to the text."""
    found = openai_chat.parse(answer(content))
    assert (found.text, found.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    "reason",
    [
        *("error", "insufficient_system_resource", "abort", "cancelled", "network_error"),
        *("MALFORMED_FUNCTION_CALL", "overloaded"),
    ],
)
def test_a_finish_reason_that_means_failure_is_one(reason):
    """Half an answer is never kept as a whole one."""
    with pytest.raises(FailedAnswerError, match=reason) as caught:
        openai_chat.parse(answer("def f(", reason))
    assert caught.value.may_be_billed


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        *((word, "stop") for word in ("eos", "eos_token", "stop_sequence", "STOP", "COMPLETE")),
        *((word, "length") for word in ("max_tokens", "MAX_TOKENS", "model_length")),
        *((word, "content_filter") for word in ("safety", "RECITATION", "sensitive")),
        *((word, "other") for word in ("tool_calls", "never heard of", "", None)),
        ("refusal", "refusal"),
    ],
)
def test_a_finish_reason_is_known_in_the_words_of_any_server(word, reason):
    """Cut is cut, and a filter is one, also behind a proxy to another protocol."""
    assert openai_chat.parse(answer("hi", word)).finish_reason is FinishReason(reason)


def test_an_error_beside_a_whole_choice_is_a_failure():
    """The router broke off, and says so in another place."""
    with pytest.raises(FailedAnswerError, match="upstream is gone"):
        openai_chat.parse({**answer("def f("), "error": {"message": "upstream is gone"}})


def test_a_byte_order_mark_is_no_part_of_an_answer():
    raw = read_answer(URL, b"\xef\xbb\xbf" + json.dumps(answer("hi")))
    assert openai_chat.parse(raw).text == "hi"


def test_an_answer_of_the_older_completions_is_read():
    assert openai_chat.parse({"choices": [{"text": "hi", "finish_reason": "stop"}]}).text == "hi"


def test_an_error_on_the_choice_is_a_failure_whatever_the_reason():
    """With what it says."""
    with pytest.raises(FailedAnswerError, match="disconnected"):
        openai_chat.parse(answer("def f(", error={"message": "Provider disconnected"}))


@pytest.mark.parametrize(
    ("said", "text", "reasoning"),
    [
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>hi"
            "<|return|>",
            "hi",
            "hm",
        ),
        ("<|channel|>final<|message|>hi<|return|>", "hi", ""),
        ("<|channel|>analysis<|message|>hm, and", "", "hm, and"),
        ("<|channel|>commentary to=f.x <|constrain|>json<|message|>{}<|call|>", "", "{}"),
        ("<|start|>assistant<|channel|>fin", "", ""),
        ("analysisWe need it.assistantfinalhi", "hi", "We need it."),
        ("analysis of the problem", "analysis of the problem", ""),
        ("no marks at all", "no marks at all", ""),
        ("print('<|channel|>')", "print('<|channel|>')", ""),
    ],
)
def test_channels_left_in_the_text_are_told_apart(said, text, reasoning):
    """gpt-oss where the server does not parse it; cut before the final channel there is no text."""
    assert split_channels(said) == (text, reasoning)
    found = openai_chat.parse(answer(said))
    assert (found.text, found.reasoning) == (text, reasoning)


def events(*documents, done=True):
    lines = [b"data: " + json.dumps(document) for document in documents]
    return b"\n\n".join([*lines, *([b"data: [DONE]"] if done else [])])


def chunk(content, **more):
    return {"id": "x", "model": "m", "choices": [{"delta": {"content": content}, **more}]}


def test_a_stream_that_nobody_asked_for_is_put_together():
    """OpenAI's chunks: text, thinking, reason and usage."""
    thought = {"choices": [{"delta": {"reasoning_content": "hm"}}]}
    end = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}
    raw = read_answer(URL, events(thought, chunk("a"), chunk("b", finish_reason="length"), end))
    found = openai_chat.parse(raw)
    assert (found.text, found.reasoning, found.usage) == ("ab", "hm", Usage(3, 5))
    assert found.finish_reason is FinishReason.LENGTH


def test_a_stream_of_typed_chunks_is_put_together():
    """As Mistral sends them."""
    pieces = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]
    raw = read_answer(URL, events(chunk(pieces), chunk("a"), chunk("b", finish_reason="stop")))
    found = openai_chat.parse(raw)
    assert (found.text, found.reasoning) == ("ab", "hm")


def test_a_stream_without_a_finish_reason_is_whole_when_it_says_so():
    """Or it has been cut, and is asked for again."""
    assert openai_chat.parse(read_answer(URL, events(chunk("a")))).text == "a"
    with pytest.raises(MalformedResponseError):
        read_answer(URL, events(chunk("a"), done=False))
    with pytest.raises(MalformedResponseError, match="overloaded"):
        read_answer(URL, events(chunk("a"), {"error": {"message": "overloaded"}}))


def test_a_stream_of_anthropic_is_put_together():
    """Its events differ."""
    raw = read_answer(
        URL,
        b": ping\n\n"
        + events(
            {"type": "message_start", "message": {"id": "i", "usage": {"input_tokens": 3}}},
            {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hm"}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hi"}},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn"},
                "usage": {"output_tokens": 5},
            },
        ),
    )
    found = anthropic_messages.parse(raw)
    assert (found.text, found.reasoning, found.usage) == ("hi", "hm", Usage(3, 5))
