"""The parts under the server: answers cut to a limit, bodies of any shape, latencies."""

from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.simulator import AnswerTime, ChatBody, ErrorReply, Reply
from pettingllms.simulator.chat import AskedMessage, RefusedError, settle
from pettingllms.simulator.dialects import ANTHROPIC, DEEPSEEK, OPENAI

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(["model", "messages", "max_tokens", "system", "stream", "role", "content"])
BODIES = st.dictionaries(FIELDS, JSON | st.lists(st.dictionaries(FIELDS, JSON)))


@given(text=st.text(), reasoning=st.text(), tokens=st.integers(0, 50), limit=st.integers(1, 50))
def test_settled_reply_keeps_to_the_limit(text, reasoning, tokens, limit):
    """No more tokens than allowed, only ends are cut, text only after all the reasoning."""
    body = ChatBody("m", (AskedMessage("user", "Hello"),), max_tokens=limit)
    reply = Reply(text, reasoning=reasoning, completion_tokens=tokens)

    settled = settle(reply, body)

    assert settled.completion_tokens <= limit
    assert settled.prompt_tokens == 2
    assert text.startswith(settled.text)
    assert reasoning.startswith(settled.reasoning)
    assert not settled.text or settled.reasoning == reasoning
    assert 0 <= settled.reasoning_tokens <= settled.completion_tokens
    is_whole = (settled.text, settled.reasoning) == (text, reasoning)
    assert is_whole or settled.finish_reason == "length"


@pytest.mark.parametrize("dialect", [OPENAI, DEEPSEEK, ANTHROPIC], ids=lambda d: type(d).__name__)
@given(body=JSON | BODIES)
def test_any_json_is_read_or_refused(dialect, body):
    """No body makes a dialect fail in another way than with a 400."""
    try:
        outcome = dialect.parse(orjson.dumps(body))
    except RefusedError as refused:
        outcome = refused.error

    if isinstance(outcome, ErrorReply):
        assert outcome.status == 400
        assert outcome.message
    else:
        assert outcome.model
        assert outcome.messages


def test_fixed_latency_is_the_same_for_every_request():
    """Without a spread each request waits the median."""
    assert {AnswerTime(0.2).of_request(number) for number in range(5)} == {0.2}


def test_lognormal_latency_spreads_around_its_median():
    """Half of the requests are under the median; the same seed draws the same again."""
    draws = [AnswerTime(0.2, sigma=0.5, seed=3).of_request(number) for number in range(400)]

    assert draws == [AnswerTime(0.2, sigma=0.5, seed=3).of_request(number) for number in range(400)]
    assert 150 <= sum(draw < 0.2 for draw in draws) <= 250
    assert all(a != b for a, b in pairwise(draws))
