"""The server's life: its log and counts, its thread, its command, and how it ends."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import aiohttp
import openai
import pytest

from pettingllms.errors import SettingError
from pettingllms.simulator import (
    Faults,
    FunctionAnswers,
    Hang,
    Simulator,
    SimulatorThread,
    SyntheticAnswers,
    fault_named,
)

QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


async def test_requests_are_logged_as_they_came(serve, callers):
    """Method, path, headers, body and time of each request, but no key in the repr."""
    sim = await serve(Simulator(SyntheticAnswers()))
    client = await callers.openai(sim.base_url, api_key="sk-secret")

    await client.models.list()
    await client.chat.completions.create(temperature=0.5, **QUESTION)

    models, chat = sim.requests
    assert (models.method, models.path) == ("GET", "/v1/models")
    assert (chat.method, chat.path) == ("POST", "/v1/chat/completions")
    assert chat.body == {**QUESTION, "temperature": 0.5}
    assert chat.headers["authorization"] == "Bearer sk-secret"
    assert chat.at >= models.at > 1e9
    assert "sk-secret" not in repr(sim.requests)


async def test_counts_are_of_chat_requests(serve, callers):
    """Answers and errors are counted by status; listing models is not a chat request."""
    sim = await serve(Simulator(SyntheticAnswers(), faults=Faults(script=[fault_named("500")])))

    with pytest.raises(openai.InternalServerError):
        await callers.ask("openai", sim)
    await callers.ask("anthropic", sim)
    await (await callers.openai(sim.base_url)).models.list()

    assert sim.counts == {500: 1, 200: 1}


@pytest.mark.parametrize(("log_size", "kept"), [(0, 0), (2, 2)])
async def test_log_is_bounded(serve, callers, log_size, kept):
    """Only the last requests stay; with 0 there is no log at all."""
    sim = await serve(Simulator(SyntheticAnswers(), log_size=log_size))

    for _ in range(4):
        await callers.ask("openai", sim)

    assert len(sim.requests) == kept


async def test_large_bodies_are_taken(serve, callers):
    """A prompt of several megabytes is answered like any other."""
    sim = await serve(Simulator(SyntheticAnswers()))
    client = await callers.openai(sim.base_url)
    long = [{"role": "user", "content": "x" * 3_000_000}]

    answer = await client.chat.completions.create(model="m", messages=long)

    assert answer.usage.prompt_tokens == 750_000


async def test_leaving_does_not_wait_for_hanging_requests(callers):
    """The server ends at once, whatever hangs, and the client learns of it."""
    async with asyncio.timeout(10):
        asked = asyncio.Event()
        async with Simulator(FunctionAnswers(lambda body: asked.set() or Hang())) as sim:
            hanging = asyncio.create_task(callers.ask("openai", sim))
            await asked.wait()
        with pytest.raises(openai.APIConnectionError):
            await hanging


async def test_taken_port_is_a_wrong_setting(serve):
    """The error names the port and what to do."""
    sim = await serve(Simulator(SyntheticAnswers()))
    port = int(sim.base_url.rsplit(":", 1)[1].removesuffix("/v1"))

    with pytest.raises(SettingError, match=rf"cannot listen on 127.0.0.1:{port}"):
        await serve(Simulator(SyntheticAnswers(), port=port))


def test_thread_serves_one_event_loop_after_another():
    """A caller without a loop, and several loops in turn, use one server."""

    async def ask(base_url):
        async with aiohttp.ClientSession() as session:
            response = await session.post(f"{base_url}/chat/completions", json=QUESTION)
            return response.status

    with SimulatorThread(Simulator(SyntheticAnswers())) as sim:
        statuses = [asyncio.run(ask(sim.base_url)) for _ in range(2)]

    assert statuses == [200, 200]
    assert sim.counts == {200: 2}
    with pytest.raises(aiohttp.ClientConnectorError):
        asyncio.run(ask(sim.base_url))


def test_thread_reports_a_taken_port():
    """What goes wrong at the start is raised in the caller's thread."""
    with SimulatorThread(Simulator(SyntheticAnswers())) as sim:
        port = int(sim.base_url.rsplit(":", 1)[1].removesuffix("/v1"))
        with (
            pytest.raises(SettingError),
            SimulatorThread(Simulator(SyntheticAnswers(), port=port)),
        ):
            pass


@contextmanager
def command(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "pettingllms.simulator", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


async def test_command_serves_until_interrupted(callers):
    """The first line is the base URL; Ctrl+C ends it well, with the counts."""
    with command("--model", "gpt-4o", "--fault", "500=1") as process:
        base_url = process.stdout.readline().strip()
        client = await callers.openai(base_url)
        models = await client.models.list()
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(**{**QUESTION, "model": "gpt-4o"})
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=20)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", base_url)
    assert [model.id for model in models.data] == ["gpt-4o"]
    assert rest.endswith("Chat requests by status (0: dropped): 500: 1\n")
    assert (process.returncode, complaints) == (0, "")


@pytest.mark.parametrize(
    ("setting", "said"),
    [("nonsense=1", "There is no fault 'nonsense'"), ("500", "is no rate"), ("500=2", "sum to 2")],
)
def test_command_refuses_a_wrong_fault(setting, said):
    """A setting that cannot be is exit code 2 with its reason, before anything is served."""
    with command("--fault", setting) as process:
        output, complaints = process.communicate(timeout=20)

    assert (process.returncode, output) == (2, "")
    assert said in complaints


async def test_command_replays_a_folder(tmp_path, callers):
    """`--recorded DIR` answers the problems of that folder with its recorded answers."""
    problem = {"id": "greet", "prompt": "Say hi."}
    record = {"problem_id": "greet", "turn": 0, "text": "hi", "finish_reason": "stop"}
    counts = {"prompt_tokens": 2, "completion_tokens": 1}
    (tmp_path / "problems.jsonl").write_text(json.dumps(problem))
    (tmp_path / "recorded_answers.jsonl").write_text(json.dumps(record | counts))

    with command("--recorded", str(tmp_path)) as process:
        client = await callers.openai(process.stdout.readline().strip())
        answer = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Say hi."}]
        )

    assert answer.choices[0].message.content == "hi"
