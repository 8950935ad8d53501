"""OpenAI's and DeepSeek's side of the simulator, seen through the official SDK."""

import aiohttp
import openai
import pytest

from pettingllms.simulator import FunctionAnswers, Reply, Simulator, SyntheticAnswers

QUESTION = [{"role": "user", "content": "Hello"}]


async def test_answer_is_a_whole_chat_completion(serve, callers):
    """Every field that OpenAI documents is there, with the source's text and counts."""
    reply = Reply("Hi", prompt_tokens=7, completion_tokens=3)
    sim = await serve(Simulator(FunctionAnswers(lambda body: reply)))

    answer = await callers.ask("openai", sim)

    assert answer.id.startswith("chatcmpl-")
    assert (answer.object, answer.model) == ("chat.completion", "m")
    assert answer.choices[0].message.content == "Hi"
    assert answer.choices[0].message.refusal is None
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (7, 3)
    assert answer.usage.total_tokens == 10
    assert answer.usage.prompt_tokens_details.cached_tokens == 0
    assert answer.usage.completion_tokens_details.reasoning_tokens == 0
    assert answer._request_id.startswith("req_")


async def test_reasoning_comes_beside_the_answer(serve, callers):
    """`reasoning_content` holds the thinking, and usage counts its share of the tokens."""
    reply = Reply("done", reasoning="let me think it over", completion_tokens=12)
    sim = await serve(Simulator(FunctionAnswers(lambda body: reply)))

    answer = await callers.ask("openai", sim)

    assert answer.choices[0].message.reasoning_content == "let me think it over"
    assert answer.usage.completion_tokens_details.reasoning_tokens == 10


async def test_refusal_has_no_content(serve, callers):
    """A refusal ends with `stop`; its words are in `refusal`, not in `content`."""
    sim = await serve(Simulator(FunctionAnswers(lambda body: Reply("I can't.", "refusal"))))

    choice = (await callers.ask("openai", sim)).choices[0]

    assert (choice.finish_reason, choice.message.content) == ("stop", None)
    assert choice.message.refusal == "I can't."


async def test_content_filter_is_a_finish_reason(serve, callers):
    """A filtered answer arrives as a 200 that says so."""
    sim = await serve(Simulator(FunctionAnswers(lambda body: Reply("", "content_filter"))))

    assert (await callers.ask("openai", sim)).choices[0].finish_reason == "content_filter"


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
async def test_max_tokens_cuts_the_answer(serve, callers, limit):
    """Under either name the limit holds, and the answer says `length`."""
    sim = await serve(Simulator(SyntheticAnswers(tokens=200)))
    client = await callers.openai(sim.base_url)

    answer = await client.chat.completions.create(model="m", messages=QUESTION, **{limit: 50})

    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 50


async def test_content_parts_are_read_as_text(serve, callers):
    """Contents given as a list of parts reach the source as one text."""
    sim = await serve(Simulator(FunctionAnswers(lambda body: body.first_user_content)))
    client = await callers.openai(sim.base_url)
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]

    answer = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": parts}]
    )

    assert answer.choices[0].message.content == "one two"


async def test_unknown_model_is_not_found(serve, callers):
    """OpenAI says 404 `model_not_found` and names the model."""
    sim = await serve(Simulator(SyntheticAnswers(), models=["gpt-4o"]))

    with pytest.raises(openai.NotFoundError, match="`m` does not exist") as caught:
        await callers.ask("openai", sim)

    assert caught.value.code == "model_not_found"


async def test_deepseek_says_model_not_exist(serve, callers):
    """DeepSeek answers an unknown model with a 400, not a 404."""
    sim = await serve(Simulator(SyntheticAnswers(), models=["deepseek-chat"]))

    with pytest.raises(openai.BadRequestError, match="Model Not Exist"):
        await callers.ask("deepseek", sim)


async def test_deepseek_counts_cache_hits_its_own_way(serve, callers):
    """DeepSeek's usage splits the prompt into cache hits and misses."""
    reply = Reply("Hi", prompt_tokens=7)
    sim = await serve(Simulator(FunctionAnswers(lambda body: reply)))

    usage = (await callers.ask("deepseek", sim)).usage

    assert (usage.prompt_cache_hit_tokens, usage.prompt_cache_miss_tokens) == (0, 7)


@pytest.mark.parametrize("provider", ["openai", "deepseek"])
async def test_wrong_key_is_refused(serve, callers, provider):
    """A key that is not among the accepted ones is a 401; an accepted one goes through."""
    sim = await serve(Simulator(SyntheticAnswers(), keys={"right"}))

    with pytest.raises(openai.AuthenticationError):
        await callers.ask(provider, sim, api_key="wrong")
    await callers.ask(provider, sim, api_key="right")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"messages": QUESTION}, "you must provide a model parameter"),
        ({"model": "m"}, "Missing required parameter: 'messages'"),
        ({"model": "m", "messages": []}, "Invalid value for 'messages'"),
        ({"model": "m", "messages": [{"content": "x"}]}, r"parameter: 'messages\[0\]\.role'"),
        ({"model": "m", "messages": QUESTION, "max_tokens": 0}, "'max_tokens'"),
        ({"model": "m", "messages": QUESTION, "stream": True}, "does not stream"),
        ([], "Invalid value"),
    ],
)
async def test_bad_body_is_a_bad_request(serve, callers, body, said):
    """A body that OpenAI would not take is a 400 that names the field."""
    sim = await serve(Simulator(SyntheticAnswers()))
    client = await callers.openai(sim.base_url)

    with pytest.raises(openai.BadRequestError, match=said):
        await client.post("/chat/completions", cast_to=object, body=body)


async def test_broken_json_is_a_bad_request(serve):
    """What is no JSON at all is a 400 in OpenAI's error shape."""
    sim = await serve(Simulator(SyntheticAnswers()))

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.base_url}/chat/completions", data=b"{") as response,
    ):
        error = (await response.json())["error"]

    assert response.status == 400
    assert error["type"] == "invalid_request_error"
    assert "could not parse the JSON" in error["message"]


async def test_prompt_without_answer_is_a_bad_request(serve, callers):
    """A source that knows no answer makes a 400 that quotes the prompt."""
    sim = await serve(Simulator(FunctionAnswers(lambda body: None)))

    with pytest.raises(openai.BadRequestError, match=r"no recorded answer .* 'Hello'"):
        await callers.ask("openai", sim)


@pytest.mark.parametrize("attribute", ["base_url", "deepseek_base_url"])
async def test_models_are_listed(serve, callers, attribute):
    """The list has the names in order, with and without /v1."""
    sim = await serve(Simulator(SyntheticAnswers(), models=["b", "a"]))
    client = await callers.openai(getattr(sim, attribute))

    assert [model.id for model in (await client.models.list()).data] == ["b", "a"]


async def test_models_need_the_key_too(serve, callers):
    """The list is behind the same key as the answers."""
    sim = await serve(Simulator(SyntheticAnswers(), keys={"right"}))
    client = await callers.openai(sim.base_url, api_key="wrong")

    with pytest.raises(openai.AuthenticationError):
        await client.models.list()


async def test_unknown_path_is_not_found(serve, callers):
    """A path that nobody serves is a 404 that repeats it."""
    sim = await serve(Simulator(SyntheticAnswers()))
    client = await callers.openai(sim.base_url)

    with pytest.raises(openai.NotFoundError, match=r"Invalid URL \(POST /v1/completions\)"):
        await client.completions.create(model="m", prompt="x")


async def test_synthetic_answers_depend_on_the_messages_alone(serve, callers):
    """The same messages get the same text from another server; other messages another text."""
    first = await serve(Simulator(SyntheticAnswers(tokens=40)))
    second = await serve(Simulator(SyntheticAnswers(tokens=40)))
    client = await callers.openai(first.base_url)
    other = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Bye"}]
    )

    texts = [(await callers.ask("openai", s)).choices[0].message.content for s in (first, second)]

    assert texts[0] == texts[1] != other.choices[0].message.content
    assert texts[0].startswith("```python\n")
    assert texts[0].endswith("\n```")
