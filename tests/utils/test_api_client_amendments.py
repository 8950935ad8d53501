"""Servers that refuse a field in words: understood once, and remembered."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pettingllms.errors import RequestRefusedError, SettingError
from pettingllms.simulator import ChatBody, ErrorReply, FunctionAnswers, Simulator
from pettingllms.utils.api_client import create_api_client, resolve_config

ASKED = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}]
Refuse = Callable[[Mapping[str, Any]], str]


def answers(refuse: Refuse) -> FunctionAnswers:
    """An answer, or a 400 with what `refuse` says of the body."""

    def answer(body: ChatBody) -> str | ErrorReply:
        said = refuse(body.raw)
        return ErrorReply(400, said, type="invalid_request_error") if said else "answer"

    return FunctionAnswers(answer)


def renamed_limit(body: Mapping[str, Any]) -> str:
    if "max_tokens" in body:
        return "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    if body.get("temperature", 1) != 1:
        return "Unsupported value: 'temperature' does not support 0.7. Only the default (1) is."
    return ""


def older_limit(body: Mapping[str, Any]) -> str:
    return "Unknown parameter: max_completion_tokens" if "max_completion_tokens" in body else ""


def no_system(words: str) -> Refuse:
    return lambda body: words if body["messages"][0]["role"] == "system" else ""


REFUSALS: dict[str, tuple[str, Refuse]] = {
    "the limit's new name, and no temperature": ("openai/o3-mini", renamed_limit),
    "the limit's old name": ("gpt-5-compatible", older_limit),
    "no system message (vLLM)": ("m", no_system("System role not supported")),
    "no system message (template)": (
        "m",
        no_system("Conversation roles must alternate user/assistant/user/assistant/..."),
    ),
    "no system message (Gemma)": (
        "m",
        no_system("Developer instruction is not enabled for models/gemma-3-27b-it"),
    ),
    "extra inputs (pydantic)": (
        "m",
        lambda body: "temperature: Extra inputs are not permitted" if "temperature" in body else "",
    ),
}


@pytest.mark.parametrize("chosen", [{}, {"temperature": 0.3}])
@pytest.mark.parametrize("kind", REFUSALS)
async def test_a_refused_field_is_renamed_or_left_out(stage, kind, chosen, caplog) -> None:
    """Asked again at once, and the next request goes out right. Told once, where it is a setting
    that somebody has chosen, or the system message."""
    model, refuse = REFUSALS[kind]
    sim = await stage.serve(Simulator(answers(refuse)))
    client = stage.client("openai", sim, model=model, **chosen)
    with caplog.at_level(logging.WARNING):
        assert await client.generate(ASKED) == "answer"
        refused = sim.counts[400]
        assert await client.generate(ASKED) == "answer"
    assert 1 <= refused <= 2
    assert sim.counts[400] == refused
    assert len(caplog.records) == bool(chosen or "no system" in kind)
    assert "be brief" in str(sim.requests[-1].body)


async def test_what_was_asked_for_by_name_is_never_left_out(stage) -> None:
    """The refusal then stops the run, with what to change."""

    def refuse(body: Mapping[str, Any]) -> str:
        return "Unsupported parameter: 'top_k'" if "top_k" in body else ""

    sim = await stage.serve(Simulator(answers(refuse)))
    client = stage.client("openai", sim, model="m", params={"top_k": 5})
    with pytest.raises(RequestRefusedError, match="SFT_PARAMS"):
        await client.generate(ASKED)
    assert sim.counts == {400: 1}


async def test_a_server_that_wants_neither_name_is_believed_in_the_end(stage) -> None:
    """Each mending is tried once."""
    sim = await stage.serve(Simulator(answers(lambda body: f"Unsupported parameter: {[*body][2]}")))
    client = stage.client("openai", sim, model="m")
    with pytest.raises(RequestRefusedError):
        await client.generate(ASKED)
    assert sim.counts[400] <= 3


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ("max_tokens is too large: 100000", "--max-tokens"),
        ("Unsupported value: reasoning_effort does not support 'none'", "--thinking"),
        ("Invalid value: 'service_tier'", "--tier"),
    ],
)
async def test_what_cannot_be_mended_names_the_setting_that_helps(stage, said, setting) -> None:
    """One request, and no repeating."""
    sim = await stage.serve(Simulator(answers(lambda _: said)))
    with pytest.raises(RequestRefusedError, match=setting):
        await stage.client("openai", sim, model="m").generate(ASKED)
    assert sim.counts == {400: 1}


@pytest.mark.parametrize(("provider", "model"), [("openai", "m"), ("claude", "claude-opus-4-1")])
async def test_fields_and_thinking_are_on_the_wire(stage, provider, model) -> None:
    """As they were given, whatever the protocol; null leaves a field out."""
    sim = await stage.serve(Simulator(FunctionAnswers(lambda _: "answer")))
    params = {"metadata": {"user_id": "x"}, "temperature": None}
    client = stage.client(
        provider, sim, model=model, params=params, thinking="low", max_tokens=9000
    )
    await client.generate(ASKED)
    sent = sim.requests[-1].body
    assert sent["metadata"] == {"user_id": "x"}
    assert "temperature" not in sent
    assert ("reasoning_effort" if provider == "openai" else "thinking") in sent


def test_without_new_settings_the_body_is_what_it_was() -> None:
    """So that paid answers keep their keys."""
    config = resolve_config("openai", "k", "gpt-4o")
    body = create_api_client("openai", "k", "gpt-4o").body(config, ASKED)
    expected = {"model": "gpt-4o", "messages": ASKED, "max_tokens": 2048, "temperature": 0.7}
    assert list(body.items()) == list(expected.items())


def test_a_level_that_the_model_lacks_is_a_wrong_setting() -> None:
    """Before a client is built."""
    with pytest.raises(SettingError, match="--thinking"):
        create_api_client("openai", "k", "gpt-4o", thinking="high")
