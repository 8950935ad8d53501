"""Keys and headers go to the server they are meant for, and into no message."""

import asyncio
import traceback

import pytest

from pettingllms.errors import CollectError
from pettingllms.simulator import FunctionAnswers, Simulator
from pettingllms.utils.api_client import ClaudeClient, OpenAIClient
from tests.utils.conftest import KEYS

SECRET = "sk-proj-Zx81kQ-not-for-anyone-to-read-" + "7f" * 40
HELLO = [{"role": "user", "content": "hello"}]

ECHOES = {
    "a refusal": (401, '{"error": {"message": "Incorrect API key provided: KEY", "code": "KEY"}}'),
    "a long refusal": (400, '{"error": {"message": "' + "x" * 270 + ' KEY"}}'),
    "a rate limit": (429, '{"error": {"message": "KEY has had enough"}}'),
    "plain text": (500, "KEY KEY"),
    "an error in a 200": (200, '{"error": {"message": "bad key KEY"}}'),
    "no JSON": (200, "<html>you sent KEY</html>"),
    "cut JSON": (200, "x" * 180 + " KEY"),
    "no answer": (200, '{"you sent": "KEY"}'),
    "no answer, cut": (200, '{"' + "x" * 180 + '": "KEY"}'),
    "a wrong path": (404, '{"detail": "no such path for KEY"}'),
}


@pytest.mark.parametrize("provider", ["openai", "claude", "deepseek"])
@pytest.mark.parametrize("echo", ECHOES)
async def test_the_key_is_in_no_error_though_the_server_quotes_it(
    stage, raw_server, provider, echo
):
    """Not in the message, the arguments, the repr nor the traceback; nor any long part of it."""
    status, text = ECHOES[echo]
    raw_server.update(status=status, text=text.replace("KEY", SECRET))
    sim = Simulator(FunctionAnswers(lambda body: "unused"))
    client = stage.client(
        provider, sim, attempts=1, api_key=SECRET, model="m", base_url=raw_server["url"]
    )

    answers = await asyncio.gather(
        client.generate(HELLO), client.complete(HELLO), client.list_models(), return_exceptions=True
    )

    raised = [answer for answer in answers if isinstance(answer, CollectError)]
    assert len(raised) >= 2, "list_models may say None"
    for error in raised:
        shown = "".join(traceback.format_exception(error)) + repr(error) + error.message
        assert SECRET[:12] not in shown
        assert "Zx81kQ" not in shown


@pytest.mark.parametrize("provider", [*KEYS, "local"])
async def test_the_key_is_sent(stage, provider):
    """The test above can fail: the key does reach the server."""
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: "answer"), keys=[SECRET]))
    client = stage.client(provider, sim, api_key=SECRET, model="m")
    assert await client.generate(HELLO) == "answer"


async def test_openai_settings_do_not_reach_other_servers(stage, monkeypatch):
    """Organization, project and custom headers of the environment are for OpenAI alone."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: gate-secret\nX-Other: other-secret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-secret")
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: "answer")))

    await stage.client("deepseek", sim).generate(HELLO)
    await stage.client("local", sim, model="m").generate(HELLO)
    await stage.client("openai", sim, api_key="given").generate(HELLO)

    sent = [value for request in sim.requests for value in request.headers.values()]
    assert len(sim.requests) == 3
    assert not [value for value in sent if "secret" in value]


async def test_openai_settings_do_reach_openai(stage, monkeypatch):
    """The test above can fail; and at its home the SDK behaves as its users know it."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: mine")
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: "answer")))
    monkeypatch.setattr(OpenAIClient, "home_url", sim.base_url)

    await stage.client("openai", sim).generate(HELLO)

    headers = sim.requests[0].headers
    assert headers["OpenAI-Organization"] == "org-mine"
    assert headers["OpenAI-Project"] == "proj-mine"
    assert headers["X-Gateway"] == "mine"


async def test_anthropic_settings_stay_at_home(stage, monkeypatch):
    """An auth token or custom headers of the environment do not go to another base URL."""
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-secret")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Gateway: gate-secret")
    sim = await stage.serve(Simulator(FunctionAnswers(lambda body: "answer")))

    await stage.client("claude", sim).generate(HELLO)
    assert not [value for value in sim.requests[0].headers.values() if "secret" in value]

    monkeypatch.setattr(ClaudeClient, "home_url", sim.anthropic_base_url)
    await stage.client("claude", sim).generate(HELLO)
    assert sim.requests[1].headers["X-Gateway"] == "gate-secret"
