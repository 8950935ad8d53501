"""Each fault as an SDK meets it, and the plan that deals them out."""

import asyncio
import json
from collections import Counter

import aiohttp
import anthropic
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.errors import SettingError
from pettingllms.simulator import (
    DROPPED,
    NAMED_FAULTS,
    Dribble,
    EmptyAnswer,
    ErrorIn200,
    ErrorReply,
    Faults,
    FunctionAnswers,
    HalfBody,
    Hang,
    MalformedJson,
    Reset,
    Simulator,
    SyntheticAnswers,
    fault_named,
)

PROVIDERS = ("openai", "anthropic")
SDKS = {"openai": openai, "anthropic": anthropic}


def faulty(*script):
    return Simulator(SyntheticAnswers(), faults=Faults(script=script))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (502, "InternalServerError"),
        (503, "InternalServerError"),
        (529, "InternalServerError"),
    ],
)
async def test_status_becomes_the_sdks_own_error(serve, callers, provider, status, error):
    """An HTTP fault is the SDK's error of that status; the next request is answered."""
    sim = await serve(faulty(fault_named(str(status))))

    with pytest.raises(getattr(SDKS[provider], error)) as caught:
        await callers.ask(provider, sim)
    await callers.ask(provider, sim)

    assert caught.value.status_code == status
    assert sim.counts == {status: 1, 200: 1}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
async def test_anthropic_error_types(serve, callers, status, kind):
    """Each status carries the error type that Anthropic documents for it."""
    sim = await serve(faulty(ErrorReply(status)))

    with pytest.raises(anthropic.APIStatusError) as caught:
        await callers.ask("anthropic", sim)

    assert caught.value.body["error"]["type"] == kind


async def test_quota_error_has_its_code(serve, callers):
    """A 429 for an empty account differs from a rate limit in its code and type."""
    sim = await serve(faulty(fault_named("quota"), fault_named("429")))

    errors = []
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as caught:
            await callers.ask("openai", sim)
        errors.append((caught.value.type, caught.value.code))

    assert errors == [
        ("insufficient_quota", "insufficient_quota"),
        ("requests", "rate_limit_exceeded"),
    ]


async def test_deepseek_payment_error(serve, callers):
    """DeepSeek's empty account is a 402 with its own words."""
    sim = await serve(faulty(ErrorReply(402)))

    with pytest.raises(openai.APIStatusError, match="Insufficient Balance") as caught:
        await callers.ask("deepseek", sim)

    assert caught.value.status_code == 402


async def test_retry_after_reaches_the_client(serve, callers):
    """Retry-After is whole seconds for all; OpenAI adds the exact milliseconds."""
    sim = await serve(faulty(*[ErrorReply(429, retry_after_s=1.25)] * 2))

    with pytest.raises(openai.RateLimitError) as from_openai:
        await callers.ask("openai", sim)
    with pytest.raises(anthropic.RateLimitError) as from_anthropic:
        await callers.ask("anthropic", sim)

    assert from_openai.value.response.headers["retry-after"] == "2"
    assert from_openai.value.response.headers["retry-after-ms"] == "1250"
    assert from_anthropic.value.response.headers["retry-after"] == "2"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", [Reset(), Hang(0.05), HalfBody()], ids=repr)
async def test_lost_connection_is_a_connection_error(serve, callers, provider, fault):
    """A reset, a silence that ends and half a body all leave the client without an answer."""
    sim = await serve(faulty(fault))

    with pytest.raises(SDKS[provider].APIConnectionError):
        await callers.ask(provider, sim)
    await callers.ask(provider, sim)

    assert sim.counts == {DROPPED: 1, 200: 1}


async def test_reset_is_a_reset(serve):
    """On the socket the fault is ECONNRESET, not an orderly end."""
    sim = await serve(faulty(Reset()))
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sim.base_url[17:-3]))
    body = b'{"model": "m", "messages": [{"role": "user", "content": "x"}]}'
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    with pytest.raises(ConnectionResetError):
        await reader.read()

    writer.close()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_hang_runs_into_the_clients_timeout(serve, callers, provider):
    """A silent server leaves the client with its own timeout, and counts the drop."""
    sim = await serve(faulty(Hang()))

    with pytest.raises(SDKS[provider].APITimeoutError):
        await callers.ask(provider, sim, timeout=0.3)
    await callers.ask(provider, sim)

    assert sim.counts == {DROPPED: 1, 200: 1}


async def test_half_body_promises_the_whole(serve):
    """Content-Length says all, half arrives: the client can tell that some is missing."""
    sim = await serve(faulty(HalfBody()))

    async with aiohttp.ClientSession() as session:
        response = await session.post(f"{sim.base_url}/chat/completions", json=_question())
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()

    assert response.status == 200


async def test_dribble_delivers_byte_by_byte(serve):
    """The body is whole in the end, and comes in many small pieces."""
    sim = await serve(
        Simulator(FunctionAnswers(lambda body: "slow"), faults=Faults(script=[Dribble(0.001)]))
    )

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/chat/completions", json=_question()) as response,
    ):
        pieces = [piece async for piece in response.content.iter_any()]

    assert len(pieces) > 20
    assert json.loads(b"".join(pieces))["choices"][0]["message"]["content"] == "slow"


async def test_malformed_json_is_a_200_that_does_not_parse(serve):
    """The transfer is complete, the JSON is not."""
    sim = await serve(faulty(MalformedJson()))

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/chat/completions", json=_question()) as response,
    ):
        assert response.status == 200
        with pytest.raises(ValueError, match=r"Unterminated string|Expecting"):
            await response.json()


async def test_empty_answers_keep_the_rest(serve, callers):
    """Choices, or content, are empty; the document is otherwise whole."""
    sim = await serve(faulty(EmptyAnswer(), EmptyAnswer()))

    completion = await callers.ask("openai", sim)
    message = await callers.ask("anthropic", sim)

    assert (completion.choices, completion.object) == ([], "chat.completion")
    assert (message.content, message.type) == ([], "message")


async def test_error_in_200_has_the_providers_error_shape(serve):
    """A gateway's error arrives as a 200 whose body is an error document."""
    sim = await serve(faulty(ErrorIn200(ErrorReply(500, "upstream is gone"))))

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/chat/completions", json=_question()) as response,
    ):
        answer = await response.json()

    assert response.status == 200
    assert answer["error"]["message"] == "upstream is gone"
    assert "choices" not in answer


async def test_rates_hit_the_same_requests_on_every_server(serve):
    """With one seed, two servers fail the same requests, and about the asked-for share."""
    faults = Faults({ErrorReply(500): 0.2, ErrorReply(529): 0.1}, seed=7)
    statuses = []
    for _ in range(2):
        sim = await serve(Simulator(SyntheticAnswers(tokens=5), faults=faults))
        statuses.append([await _status(sim) for _ in range(300)])

    counts = Counter(statuses[0])
    assert statuses[0] == statuses[1]
    assert 40 <= counts[500] <= 80
    assert 15 <= counts[529] <= 45


@given(seed=st.integers(), numbers=st.lists(st.integers(0, 10_000), max_size=50))
def test_plan_depends_on_the_number_alone(seed, numbers):
    """Asking in any order, any number of times, gives each request its one fault."""
    rates = {Reset(): 0.3, Hang(): 0.3}
    plan, other = Faults(rates, seed=seed), Faults(rates, seed=seed)

    forward = {number: plan.for_request(number) for number in numbers}
    backward = {number: other.for_request(number) for number in reversed(numbers)}

    assert forward == backward


def test_script_comes_before_the_rates():
    """The first requests get the script, also where it says no fault; the rates follow."""
    plan = Faults({Reset(): 1.0}, script=[None, Hang(1)])

    assert [plan.for_request(n) for n in range(4)] == [None, Hang(1), Reset(), Reset()]


@pytest.mark.parametrize("rates", [{Reset(): 0.6, Hang(): 0.5}, {Reset(): -0.1}])
def test_impossible_rates_are_refused(rates):
    """Rates over one in all, or below zero, are a wrong setting."""
    with pytest.raises(SettingError, match="fault rates"):
        Faults(rates)


@pytest.mark.parametrize("name", ["", "nonsense", "200", "99999", "-1"])
def test_unknown_fault_name_lists_the_known(name):
    """A name that stands for nothing is answered with all that do."""
    with pytest.raises(SettingError) as caught:
        fault_named(name)

    assert all(known in caught.value.remedy for known in NAMED_FAULTS)


def _question():
    return {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


async def _status(sim):
    async with aiohttp.request("POST", f"{sim.base_url}/chat/completions", json=_question()) as r:
        return r.status
