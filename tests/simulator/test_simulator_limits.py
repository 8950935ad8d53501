"""Rate limits as a client meets them: the share of 429s, and what the headers tell."""

import asyncio
import re
from datetime import UTC, datetime

import anthropic
import openai
import pytest

from pettingllms.errors import SettingError
from pettingllms.simulator import (
    DROPPED,
    ErrorReply,
    Faults,
    FunctionAnswers,
    Hang,
    RateLimits,
    Reply,
    Simulator,
    SyntheticAnswers,
)

SLOW = 1e-6
"""Seconds of burst that leave a bucket at its smallest: one request."""


@pytest.mark.parametrize("provider", ["openai", "deepseek", "anthropic"])
async def test_requests_over_the_limit_are_turned_away(serve, callers, provider):
    """Of 15 requests at once against 10 a minute, 10 are answered and 5 are 429."""
    sim = await serve(Simulator(SyntheticAnswers(), limits=RateLimits(requests_per_minute=10)))

    results = await asyncio.gather(
        *(callers.ask(provider, sim) for _ in range(15)), return_exceptions=True
    )

    refused = [
        r for r in results if isinstance(r, openai.RateLimitError | anthropic.RateLimitError)
    ]
    assert sim.counts == {200: 10, 429: 5}
    assert len(refused) == 5
    assert all(1 <= int(r.response.headers["retry-after"]) <= 6 for r in refused)


async def test_tokens_over_the_limit_are_turned_away(serve, callers):
    """Answers are charged their tokens; an overdrawn minute admits nobody."""
    reply = Reply("Hi", prompt_tokens=100, completion_tokens=500)
    sim = await serve(
        Simulator(FunctionAnswers(lambda body: reply), limits=RateLimits(tokens_per_minute=1000))
    )

    await callers.ask("openai", sim)
    await callers.ask("openai", sim)
    with pytest.raises(openai.RateLimitError) as caught:
        await callers.ask("openai", sim)

    assert caught.value.type == "tokens"
    assert "limit 1000" in caught.value.message


async def test_concurrent_requests_over_the_limit_are_turned_away(serve, callers):
    """While two are in flight a third is a 429; once they have ended there is room again."""
    asked = asyncio.Semaphore(0)

    def hang_twice(body):
        asked.release()
        return Hang(1) if len(sim.requests) <= 2 else "there is room"

    sim = await serve(Simulator(FunctionAnswers(hang_twice), limits=RateLimits(max_concurrent=2)))
    client = await callers.openai(sim.base_url)
    question = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}

    hanging = [asyncio.create_task(client.chat.completions.create(**question)) for _ in range(2)]
    await asked.acquire()
    await asked.acquire()
    with pytest.raises(openai.RateLimitError, match="concurrent"):
        await client.chat.completions.create(**question)
    dropped = await asyncio.gather(*hanging, return_exceptions=True)

    assert [type(error) for error in dropped] == [openai.APIConnectionError] * 2
    assert (await client.chat.completions.create(**question)).choices
    assert sim.counts == {DROPPED: 2, 429: 1, 200: 1}


async def test_failed_requests_give_their_place_back(serve, callers):
    """A fault does not leak the place of the request that it hit."""
    faults = Faults(script=[ErrorReply(500)] * 3)
    sim = await serve(
        Simulator(SyntheticAnswers(), faults=faults, limits=RateLimits(max_concurrent=1))
    )

    for _ in range(3):
        with pytest.raises(openai.InternalServerError):
            await callers.ask("openai", sim)

    assert (await callers.ask("openai", sim)).choices


async def test_openai_headers(serve, callers):
    """OpenAI tells limit, what is left, and a Go duration until all of it is back."""
    reply = Reply("Hi", prompt_tokens=100, completion_tokens=500)
    limits = RateLimits(requests_per_minute=1, tokens_per_minute=600, burst_s=120)
    sim = await serve(Simulator(FunctionAnswers(lambda body: reply), limits=limits))
    client = await callers.openai(sim.base_url)

    response = await client.chat.completions.with_raw_response.create(
        model="m", messages=[{"role": "user", "content": "Hello"}]
    )

    assert response.headers["x-ratelimit-limit-requests"] == "1"
    assert response.headers["x-ratelimit-remaining-requests"] == "1"
    assert response.headers["x-ratelimit-limit-tokens"] == "600"
    assert response.headers["x-ratelimit-remaining-tokens"] == "600"
    assert re.fullmatch(r"1m0s|59(\.\d+)?s", response.headers["x-ratelimit-reset-tokens"])


async def test_anthropic_headers(serve, callers):
    """Anthropic tells limit, what is left, and the moment at which all of it is back."""
    sim = await serve(Simulator(SyntheticAnswers(), limits=RateLimits(requests_per_minute=10)))
    client = await callers.anthropic(sim.anthropic_base_url)

    response = await client.messages.with_raw_response.create(
        model="m", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
    )

    headers = response.headers
    reset = datetime.fromisoformat(headers["anthropic-ratelimit-requests-reset"])
    assert headers["anthropic-ratelimit-requests-limit"] == "10"
    assert headers["anthropic-ratelimit-requests-remaining"] == "9"
    assert abs((reset - datetime.now(UTC)).total_seconds()) < 60
    assert "anthropic-ratelimit-tokens-limit" not in headers


async def test_a_turned_away_client_sees_the_headers_too(serve, callers):
    """A 429 carries the limits, so that a client can learn them from it."""
    limits = RateLimits(requests_per_minute=1, burst_s=SLOW)
    sim = await serve(Simulator(SyntheticAnswers(), limits=limits))

    await callers.ask("openai", sim)
    with pytest.raises(openai.RateLimitError) as caught:
        await callers.ask("openai", sim)

    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"


async def test_deepseek_keeps_its_limits_to_itself(serve, callers):
    """DeepSeek sends no rate-limit headers, whatever the limit."""
    sim = await serve(Simulator(SyntheticAnswers(), limits=RateLimits(requests_per_minute=10)))
    client = await callers.openai(sim.deepseek_base_url)

    response = await client.chat.completions.with_raw_response.create(
        model="m", messages=[{"role": "user", "content": "Hello"}]
    )

    assert not [name for name in response.headers if "ratelimit" in name]


@pytest.mark.parametrize("name", ["requests_per_minute", "tokens_per_minute", "max_concurrent"])
def test_limit_of_zero_is_a_wrong_setting(name):
    """No limit is written None; zero would let nothing through."""
    with pytest.raises(SettingError, match=f"{name} is 0"):
        RateLimits(**{name: 0})
