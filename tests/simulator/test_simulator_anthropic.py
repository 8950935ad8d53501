"""Anthropic's side of the simulator, seen through the official SDK."""

import anthropic
import pytest

from pettingllms.simulator import FunctionAnswers, Reply, Simulator, SyntheticAnswers

X_API_KEY = {"x-api-key": "right"}
QUESTION = [{"role": "user", "content": "Hello"}]


async def test_answer_is_a_whole_message(serve, callers):
    """Every field that Anthropic documents is there, with the source's text and counts."""
    reply = Reply("Hi", prompt_tokens=7, completion_tokens=3)
    sim = await serve(Simulator(FunctionAnswers(lambda body: reply)))

    answer = await callers.ask("anthropic", sim)

    assert answer.id.startswith("msg_")
    assert (answer.type, answer.role, answer.model) == ("message", "assistant", "m")
    assert [(block.type, block.text) for block in answer.content] == [("text", "Hi")]
    assert (answer.stop_reason, answer.stop_sequence) == ("end_turn", None)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 3)
    assert answer.usage.cache_read_input_tokens == 0
    assert answer._request_id.startswith("req_")


async def test_thinking_block_comes_first(serve, callers):
    """Reasoning is a thinking block ahead of the text."""
    sim = await serve(Simulator(FunctionAnswers(lambda body: Reply("done", reasoning="hm"))))

    answer = await callers.ask("anthropic", sim)

    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[0].thinking == "hm"


async def test_thinking_can_use_up_max_tokens(serve, callers):
    """A limit that ends inside the thinking leaves no text, and the reason `max_tokens`."""
    sim = await serve(Simulator(SyntheticAnswers(tokens=50, reasoning_tokens=500)))

    answer = await callers.ask("anthropic", sim)

    assert [block.type for block in answer.content] == ["thinking"]
    assert (answer.stop_reason, answer.usage.output_tokens) == ("max_tokens", 100)


async def test_refusal_is_a_stop_reason(serve, callers):
    """A refusal is a 200 with the reason `refusal`."""
    sim = await serve(Simulator(FunctionAnswers(lambda body: Reply("No.", "refusal"))))

    assert (await callers.ask("anthropic", sim)).stop_reason == "refusal"


async def test_system_prompt_and_blocks_are_read_as_text(serve, callers):
    """The source sees the system prompt as the first message, and blocks as text."""
    sim = await serve(
        Simulator(FunctionAnswers(lambda body: f"{body.messages[0].content}/{body.messages[1]}"))
    )
    client = await callers.anthropic(sim.anthropic_base_url)

    answer = await client.messages.create(
        model="m",
        max_tokens=1000,
        system=[{"type": "text", "text": "Be brief."}],
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    )

    assert answer.content[0].text == "Be brief./AskedMessage(role='user', content='Hello')"


async def test_unknown_model_is_not_found(serve, callers):
    """Anthropic says 404 `not_found_error` and names the model."""
    sim = await serve(Simulator(SyntheticAnswers(), models=["claude"]))

    with pytest.raises(anthropic.NotFoundError) as caught:
        await callers.ask("anthropic", sim)

    assert caught.value.body["error"] == {"type": "not_found_error", "message": "model: m"}
    assert caught.value.body["request_id"] == caught.value.request_id


async def test_wrong_key_is_refused(serve, callers):
    """A wrong key is an `authentication_error`; the accepted one goes through."""
    sim = await serve(Simulator(SyntheticAnswers(), keys={"right"}))

    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        await callers.ask("anthropic", sim, api_key="wrong")
    await callers.ask("anthropic", sim, api_key="right")


async def test_key_may_come_as_x_api_key(serve, callers):
    """The documented header works like the bearer token that the SDK sends."""
    sim = await serve(Simulator(SyntheticAnswers(), keys={"right"}))

    await callers.ask("anthropic", sim, api_key="other", default_headers=X_API_KEY)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": "m", "messages": QUESTION}, "max_tokens: Field required"),
        ({"model": "m", "max_tokens": 9}, "messages: Field required"),
        ({"messages": QUESTION, "max_tokens": 9}, "model: Field required"),
        ({"model": "m", "messages": QUESTION, "max_tokens": 9, "stream": True}, "not stream"),
    ],
)
async def test_bad_body_is_an_invalid_request(serve, callers, body, said):
    """A body that Anthropic would not take is a 400 that names the field."""
    sim = await serve(Simulator(SyntheticAnswers()))
    client = await callers.anthropic(sim.anthropic_base_url)

    with pytest.raises(anthropic.BadRequestError, match=said):
        await client.post("/v1/messages", cast_to=object, body=body)


async def test_models_are_listed_in_its_shape(serve, callers):
    """The same path as OpenAI's answers in Anthropic's shape to Anthropic's client."""
    sim = await serve(Simulator(SyntheticAnswers(), models=["b", "a"]))
    client = await callers.anthropic(sim.anthropic_base_url)

    models = [model async for model in client.models.list()]

    assert [model.id for model in models] == ["b", "a"]
    assert {(model.type, model.lifecycle) for model in models} == {("model", "active")}
    assert models[0].created_at.year == 2023


async def test_unknown_path_is_not_found(serve, callers):
    """A path that nobody serves is a `not_found_error` for Anthropic's client."""
    sim = await serve(Simulator(SyntheticAnswers()))
    client = await callers.anthropic(sim.anthropic_base_url)

    with pytest.raises(anthropic.NotFoundError) as caught:
        await client.messages.count_tokens(model="m", messages=QUESTION)

    assert caught.value.body["error"]["type"] == "not_found_error"
