"""The document's interface, over real HTTP with the real SDKs: what is sent, what comes back."""

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest

from pettingllms.errors import BatchError, ContextLengthError, EmptyAnswerError, SettingError
from pettingllms.records import FinishReason, Usage
from pettingllms.simulator import (
    AnswerTime,
    ErrorReply,
    FunctionAnswers,
    Reply,
    Simulator,
    SimulatorThread,
    SyntheticAnswers,
)
from pettingllms.utils.api_client import (
    APIConfig,
    ClaudeClient,
    DeepSeekClient,
    LocalClient,
    OpenAIClient,
    batch_generate,
    create_api_client,
    resolve_config,
)

PROVIDERS = ("openai", "deepseek", "claude", "local")
PATHS = {
    "openai": "/v1/chat/completions",
    "deepseek": "/chat/completions",
    "claude": "/v1/messages",
    "local": "/v1/chat/completions",
}
HELLO = [{"role": "user", "content": "hello"}]
TOO_LONG = ErrorReply(400, "too long", code="context_length_exceeded")


def echo(body):
    return f"answer to {body.messages[-1].content}"


def failing_on(*prompts):
    return FunctionAnswers(
        lambda body: TOO_LONG if body.messages[-1].content in prompts else echo(body)
    )


def chat_bodies(sim):
    return [request.body for request in sim.requests if request.method == "POST"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_generate_returns_the_text(stage, provider):
    """One POST to the provider's own path, with the model, the messages and the settings."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    client = stage.client(provider, sim, model="m", temperature=0.3, max_tokens=77)

    assert await client.generate(HELLO) == "answer to hello"

    (request,) = sim.requests
    assert request.path == PATHS[provider]
    assert request.body == {"model": "m", "messages": HELLO, "temperature": 0.3, "max_tokens": 77}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_complete_tells_all_about_the_answer(stage, provider):
    """Text, reasoning, finish reason, usage, model, response id, latency and time of arrival."""
    reply = Reply("the text", reasoning="hm hm", prompt_tokens=11, completion_tokens=13)
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: reply), latency=0.02))

    completion = await stage.client(provider, sim, model="m").complete(HELLO)

    assert (completion.text, completion.reasoning) == ("the text", "hm hm")
    assert completion.finish_reason is FinishReason.STOP
    assert completion.model == "m"
    expected = Usage(11, 13, 0, reply.reasoning_tokens)
    if provider == "claude":
        assert replace(completion.usage, reasoning_tokens=reply.reasoning_tokens) == expected
    else:
        assert completion.usage == expected
    assert completion.response_id
    assert completion.latency_s >= 0.02
    assert completion.received_at.endswith("+00:00")
    assert completion.raw is not None
    assert not completion.cached


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("length", FinishReason.LENGTH),
        ("refusal", FinishReason.REFUSAL),
    ],
)
async def test_finish_reasons(stage, provider, reason, expected):
    """A truncated or refused answer is what it is, never a plain success."""
    reply = Reply("text", finish_reason=reason)
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: reply)))
    completion = await stage.client(provider, sim, model="m").complete(HELLO)
    assert (completion.text, completion.finish_reason) == ("text", expected)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_overrides_hold_for_one_call(stage, provider):
    """Keyword arguments win over the config, for that call alone; others go over the wire."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    client = stage.client(provider, sim, model="m")

    await client.generate(HELLO, model="other", temperature=0.1, max_tokens=5, top_p=0.5)
    await client.generate(HELLO)

    first, second = chat_bodies(sim)
    assert first == {
        "model": "other", "messages": HELLO, "temperature": 0.1, "max_tokens": 5, "top_p": 0.5,
    }  # fmt: skip
    assert second == {"model": "m", "messages": HELLO, "temperature": 0.7, "max_tokens": 2048}


async def test_timeout_can_be_overridden_and_is_not_sent(stage):
    """`timeout` is the client's business."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    await stage.client("openai", sim, model="m").generate(HELLO, timeout=5)
    assert "timeout" not in chat_bodies(sim)[0]


async def test_a_bad_override_does_not_spoil_the_client(stage):
    """A model that only one call named is that call's error; the next call is answered."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo), models=["m"]))
    client = stage.client("openai", sim, model="m")
    with pytest.raises(Exception, match="Unknown model 'typo'"):
        await client.generate(HELLO, model="typo")
    assert await client.generate(HELLO) == "answer to hello"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_batch_keeps_order_and_gives_everyone_the_system_prompt(stage, provider):
    """Answers come back in the order of the prompts, however long each takes."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo), latency=AnswerTime(0.005, 1.0)))
    prompts = [f"prompt {i}" for i in range(40)]

    answers = await batch_generate(
        client=stage.client(provider, sim, model="m"),
        prompts=prompts,
        system_prompt="You are a coding assistant.",
        max_tokens=50,
    )

    assert answers == [f"answer to {prompt}" for prompt in prompts]
    body = chat_bodies(sim)[0]
    if provider == "claude":
        assert body["system"] == "You are a coding assistant."
        assert [m["role"] for m in body["messages"]] == ["user"]
    else:
        assert body["messages"][0] == {"role": "system", "content": "You are a coding assistant."}
    assert all(body["max_tokens"] == 50 for body in chat_bodies(sim))


async def test_batch_of_nothing(stage):
    """No prompts, no requests, no answers."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    assert await batch_generate(client=stage.client("openai", sim), prompts=[]) == []
    assert not sim.requests


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_batch_error_names_the_failed_and_carries_the_rest(stage, provider):
    """Every prompt is let finish; then one error tells which failed, and holds what arrived."""
    sim = await stage.serve(Simulator(failing_on("b", "d")))
    client = stage.client(provider, sim, model="m")

    with pytest.raises(BatchError, match="2 of 5 prompts failed, at positions 1, 3") as caught:
        await batch_generate(client=client, prompts=list("abcde"))

    assert caught.value.results == ["answer to a", None, "answer to c", None, "answer to e"]
    assert sorted(caught.value.failures) == [1, 3]
    assert all(isinstance(e, ContextLengthError) for e in caught.value.failures.values())


async def test_batch_can_return_exceptions_in_place(stage):
    """`return_exceptions=True` raises nothing and keeps every place."""
    sim = await stage.serve(Simulator(failing_on("b")))
    client = stage.client("openai", sim, model="m")
    first, second = await batch_generate(client=client, prompts=["a", "b"], return_exceptions=True)
    assert first == "answer to a"
    assert isinstance(second, ContextLengthError)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("reply", [Reply(""), Reply("cut", reasoning="so long a thought " * 9)])
async def test_an_answer_without_text_is_an_error_where_text_was_asked_for(stage, provider, reply):
    """Failure is never "": generate raises, batch names the place, complete has the details."""
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: reply)))
    client = stage.client(provider, sim, model="m", max_tokens=5)

    with pytest.raises(EmptyAnswerError, match="no text"):
        await client.generate(HELLO)
    (answer,) = await batch_generate(client=client, prompts=["x"], return_exceptions=True)
    assert isinstance(answer, EmptyAnswerError)
    assert (await client.complete(HELLO)).text == ""
    assert len(sim.requests) == 3, "it is paid for, so it is not asked again"


@pytest.mark.parametrize("name", ["LOCAL", "vllm"])
async def test_local_takes_the_first_model_listed(stage, name):
    """No model named: the server's first, asked for once per client and kept."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo), models=["first", "second"]))
    client = stage.client("local", sim) if name == "LOCAL" else stage.client("vllm", sim)

    await client.generate(HELLO)
    await client.generate(HELLO)

    assert [body["model"] for body in chat_bodies(sim)] == ["first", "first"]
    assert [r.path for r in sim.requests if r.method == "GET"] == ["/v1/models"]


async def test_local_without_any_model_says_what_to_set(stage):
    """A server that lists none: an error that names API_MODEL."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo), models=[]))
    with pytest.raises(SettingError, match="lists no models"):
        await stage.client("local", sim).generate(HELLO)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_models_are_listed(stage, provider):
    """Every provider tells what it offers."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo), models=["a", "b"]))
    assert await stage.client(provider, sim, model="a").list_models() == ("a", "b")


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_claude_takes_a_base_url_with_or_without_v1(stage, suffix):
    """The SDK adds /v1 itself; a base URL that has it already is no error."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    client = stage.client("claude", sim, base_url=sim.anthropic_base_url + suffix)
    assert await client.generate(HELLO) == "answer to hello"
    assert sim.requests[0].path == "/v1/messages"
    assert sim.requests[0].headers["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize(
    ("provider", "variable"), [("openai", "OPENAI_BASE_URL"), ("claude", "ANTHROPIC_BASE_URL")]
)
async def test_the_sdks_own_base_url_variable_is_honoured(stage, monkeypatch, provider, variable):
    """A proxy set up for the SDK is used here too."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    monkeypatch.setenv(variable, sim.base_url)
    client = stage.closing(create_api_client(provider))
    assert await client.generate(HELLO) == "answer to hello"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai", OpenAIClient),
        ("OpenAI", OpenAIClient),
        ("DEEPSEEK", DeepSeekClient),
        ("Claude", ClaudeClient),
        ("anthropic", ClaudeClient),
        ("Anthropic", ClaudeClient),
        ("local", LocalClient),
        ("vLLM", LocalClient),
    ],
)
def test_names_are_case_insensitive_and_have_aliases(name, expected):
    """The class behind each name."""
    assert type(create_api_client(name, api_key="key")) is expected


@pytest.mark.parametrize(
    ("name", "model", "base_url"),
    [
        ("openai", "gpt-4o", "https://api.openai.com/v1"),
        ("deepseek", "deepseek-chat", "https://api.deepseek.com"),
        ("claude", "claude-3-5-sonnet-20241022", "https://api.anthropic.com"),
        ("local", "", "http://localhost:8000/v1"),
    ],
)
def test_defaults_are_the_documents(name, model, base_url):
    """Model, base URL, temperature, token limit and timeout when nobody says otherwise."""
    assert resolve_config(name, api_key="key") == APIConfig(
        api_type=name, api_key="key", model=model, base_url=base_url, temperature=0.7,
        max_tokens=2048, timeout=60.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "field", "samples"),
    [
        ("gpt-4o", "max_tokens", True),
        ("gpt-4.1-mini", "max_tokens", True),
        ("my-finetune", "max_tokens", True),
        ("o3-mini", "max_completion_tokens", False),
        ("gpt-6", "max_completion_tokens", False),
    ],
)
async def test_openai_models_get_the_fields_they_take(stage, model, field, samples):
    """Newer models want max_completion_tokens, and refuse a temperature: it is left out."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    await stage.client("openai", sim, model=model, max_tokens=9).generate(HELLO)
    (body,) = chat_bodies(sim)
    assert body[field] == 9
    assert len({"max_tokens", "max_completion_tokens"} & body.keys()) == 1
    assert ("temperature" in body) == samples


@pytest.mark.parametrize(
    ("model", "samples"),
    [
        ("claude-3-5-sonnet-20241022", True),
        ("claude-sonnet-4-5", True),
        ("claude-sonnet-5", False),
        ("claude-5-haiku-20261001", False),
    ],
)
async def test_claude_models_that_refuse_sampling_get_no_temperature(stage, model, samples):
    """Claude 5.x refuses temperature, top_p and top_k; older models still take them."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    await stage.client("claude", sim, model=model).generate(HELLO, top_p=0.9)
    (body,) = chat_bodies(sim)
    assert ({"temperature", "top_p"} <= body.keys()) == samples
    assert bool({"temperature", "top_p"} & body.keys()) == samples


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_half_a_surrogate_pair_can_be_asked(stage, provider):
    """What a candidate printed may hold one; JSON cannot, so U+FFFD is sent in its place."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    messages = [{"role": "user", "content": "it printed \ud800 and \U0001f600"}]
    answer = await stage.client(provider, sim, model="m").generate(messages)
    assert answer == "answer to it printed \ufffd and \U0001f600"


async def test_half_a_surrogate_pair_can_be_answered(stage, raw_server):
    """A model that writes one gives an answer all the same, and no endless retries."""
    raw_server["text"] = (
        r'{"choices": [{"message": {"content": "\ud83d, \ud83d\ude00, \\ud800"},'
        r' "finish_reason": "stop"}]}'
    )
    client = stage.closing(create_api_client("openai", base_url=raw_server["url"]))
    assert await client.generate(HELLO) == "\ufffd, \U0001f600, \\ud800"


@pytest.mark.parametrize("provider", ["openai", "claude"])
def test_one_client_serves_two_event_loops_in_turn(provider):
    """Each loop gets an SDK client of its own; the first one's end does not hurt the second."""
    with SimulatorThread(Simulator(FunctionAnswers(echo))) as sim:
        client = create_api_client(provider, base_url=sim.base_url)
        answers = [asyncio.run(client.generate(HELLO)) for _ in range(3)]
        batch = asyncio.run(batch_generate(client=client, prompts=["x", "y"]))
    assert answers == ["answer to hello"] * 3
    assert batch == ["answer to x", "answer to y"]


async def test_a_closed_client_can_be_used_again(stage):
    """`aclose` gives connections back and no more."""
    sim = await stage.serve(Simulator(FunctionAnswers(echo)))
    client = stage.client("openai", sim)
    await client.generate(HELLO)
    await client.aclose()
    await client.aclose()
    assert await client.generate(HELLO) == "answer to hello"


SEED_EXAMPLE = """
import asyncio, sys
from pettingllms.utils.api_client import create_api_client, batch_generate

async def main():
    client = create_api_client(
        api_type={provider!r}, api_key="your-api-key", model="gpt-4o", base_url=sys.argv[1],
        temperature=0.7, max_tokens=2048, timeout=60.0,
    )
    messages = [
        {{"role": "system", "content": "You are a helpful coding assistant."}},
        {{"role": "user", "content": "Write a Python function to calculate fibonacci numbers."}},
    ]
    print(len(await client.generate(messages)) > 100)
    responses = await batch_generate(
        client=client, prompts=["Python", "Rust"], system_prompt="You are a coding assistant.")
    print(len(responses))

asyncio.run(main())
"""


@pytest.mark.parametrize("provider", ["openai", "claude"])
def test_the_documents_example_runs_and_says_nothing_else(provider):
    """As written there, with no call to close anything: no warning at the end either."""
    with SimulatorThread(Simulator(SyntheticAnswers())) as sim:
        ran = subprocess.run(
            [sys.executable, "-c", SEED_EXAMPLE.format(provider=provider), sim.base_url],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("True\n2\n", "")
