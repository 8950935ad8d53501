"""What networks and gateways do to an answer: sent again, and in the end the right error."""

import time

import pytest

from pettingllms import errors
from pettingllms.providers.dispatch import Dispatcher, Limiter, RetryCounts, RetryPolicy
from pettingllms.simulator import (
    Dribble,
    EmptyAnswer,
    ErrorIn200,
    ErrorReply,
    Faults,
    FunctionAnswers,
    HalfBody,
    Hang,
    MalformedJson,
    RateLimits,
    Reply,
    Reset,
    Simulator,
)
from pettingllms.utils.api_client import batch_generate

HELLO = [{"role": "user", "content": "hello"}]
LONG = Reply("word " * 400)

SPOILED = {
    "reset": (Reset(), errors.ConnectionFailedError),
    "closed": (Hang(0.01), errors.ConnectionFailedError),
    "half a body": (HalfBody(), errors.ConnectionFailedError),
    "hanging": (Hang(), errors.RequestTimeoutError),
    "dribbling": (Dribble(0.05), errors.RequestTimeoutError),
    "broken JSON": (MalformedJson(), errors.MalformedResponseError),
    "error in a 200": (ErrorIn200(), errors.MalformedResponseError),
    "408": (ErrorReply(408), errors.ServerError),
    "409": (ErrorReply(409), errors.ServerError),
    "425": (ErrorReply(425), errors.ServerError),
    "429": (ErrorReply(429), errors.RateLimitError),
    "500": (ErrorReply(500), errors.ServerError),
    "503": (ErrorReply(503), errors.ServerError),
    "529": (ErrorReply(529), errors.ServerError),
}


def timeout_for(fault):
    """Short where only the deadline helps, else too long for a slow machine to meet."""
    return 0.3 if isinstance(fault, Dribble) or fault == Hang() else 60.0


@pytest.mark.parametrize("provider", ["openai", "claude"])
@pytest.mark.parametrize("kind", SPOILED)
async def test_spoiled_twice_then_answered(stage, provider, kind):
    """It is sent again, counted by its cause, and the third answer is the answer."""
    fault, error = SPOILED[kind]
    sim = await stage.serve(
        Simulator(FunctionAnswers(lambda body: "answer"), faults=Faults(script=[fault, fault]))
    )
    client = stage.client(provider, sim, model="m", timeout=timeout_for(fault))
    retries = RetryCounts()

    completion = await client.dispatcher.send(lambda: client.complete(HELLO), retries=retries)

    assert completion.text == "answer"
    assert retries == {error.cause: 2}
    assert len(sim.requests) == 3


@pytest.mark.parametrize("provider", ["openai", "claude"])
@pytest.mark.parametrize("kind", SPOILED)
async def test_spoiled_every_time(stage, provider, kind):
    """After the last attempt: the error that fits, as soon as the deadlines allow."""
    fault, error = SPOILED[kind]
    sim = await stage.serve(
        Simulator(FunctionAnswers(lambda body: LONG), faults=Faults({fault: 1.0}))
    )
    client = stage.client(provider, sim, attempts=2, model="m", timeout=timeout_for(fault))
    started = time.monotonic()

    with pytest.raises(errors.TransientError) as caught:
        await client.generate(HELLO)

    assert type(caught.value) is error
    assert len(sim.requests) == 2
    assert time.monotonic() - started < 30, "a dribbled body alone takes over a minute"


async def test_empty_choices_are_no_answer(stage):
    """A 200 without choices is sent again."""
    sim = await stage.serve(
        Simulator(FunctionAnswers(lambda body: "answer"), faults=Faults(script=[EmptyAnswer()]))
    )
    assert await stage.client("openai", sim).generate(HELLO) == "answer"
    assert len(sim.requests) == 2


async def test_empty_content_is_an_empty_answer(stage):
    """Claude may end its turn without a word: that is paid for, and not asked again."""
    sim = await stage.serve(
        Simulator(FunctionAnswers(lambda body: "answer"), faults=Faults(script=[EmptyAnswer()]))
    )
    with pytest.raises(errors.EmptyAnswerError, match="stop"):
        await stage.client("claude", sim).generate(HELLO)
    assert len(sim.requests) == 1


@pytest.mark.parametrize("provider", ["openai", "claude"])
async def test_a_batch_under_mixed_faults_loses_nothing(stage, provider):
    """200 prompts, a third of the requests spoiled in six ways: every answer arrives, in place."""
    faults = (Reset(), HalfBody(), MalformedJson(), ErrorIn200(), ErrorReply(500), ErrorReply(429))
    sim = await stage.serve(
        Simulator(
            FunctionAnswers(lambda body: body.messages[-1].content.upper()),
            faults=Faults(dict.fromkeys(faults, 0.055), seed=7),
        )
    )
    client = stage.client(provider, sim, attempts=12, model="m")
    prompts = [f"prompt {i}" for i in range(200)]

    answers = await batch_generate(client, prompts)

    assert answers == [prompt.upper() for prompt in prompts]
    assert sim.counts[200] >= 200
    assert sum(sim.counts.values()) > 240, "the faults did strike"


async def test_limits_are_learnt_from_the_headers(stage):
    """From an answer or a refusal: afterwards requests leave no faster than the server allows."""
    limits = RateLimits(requests_per_minute=3000, burst_s=1.2)
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: "answer"), limits=limits))
    client = stage.client("openai", sim, attempts=20)
    await client.generate(HELLO)

    answers = await batch_generate(client, ["x"] * 90)

    assert answers == ["answer"] * 90
    assert sim.counts[429] < 10, "90 at once would be turned away some 30 times"


async def test_a_dispatcher_of_ones_own(stage):
    """Limiter and policy can be set: one at a time, two attempts."""
    sim = await stage.serve(
        Simulator(FunctionAnswers(lambda body: "x"), limits=RateLimits(None, None, 1))
    )
    client = stage.client("openai", sim)
    client.dispatcher = Dispatcher(Limiter(max_concurrency=1), RetryPolicy(2, base_s=0.001))
    assert await batch_generate(client, ["x"] * 20) == ["x"] * 20
    assert sim.counts == {200: 20}
