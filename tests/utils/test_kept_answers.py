"""The library keeps answers as a run does: asked twice is paid once, also after Ctrl+C."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pettingllms.cache.responses import ResponseCache, request_key
from pettingllms.errors import SettingError
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from pettingllms.utils.api_client import batch_generate, create_api_client, resolve_config
from tests.processes import ROOT, clean_environment, wait_until

SCRIPT = """
import asyncio, sys
from pettingllms.utils.api_client import batch_generate, create_api_client
client = create_api_client(base_url=sys.argv[1], model="m", cache=sys.argv[2])
print(len(asyncio.run(batch_generate(client, [f"say {n}" for n in range(40)]))))
"""


async def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    """By `generate` and by `batch_generate`, twice in one batch, and by another client; a sampling
    setting that differs makes it another question."""
    async with Simulator(FunctionAnswers(lambda body: body.messages[-1].content)) as simulator:
        client = create_api_client(base_url=simulator.base_url, model="m", cache=tmp_path)
        assert await batch_generate(client, ["a", "b", "a"]) == ["a", "b", "a"]
        assert await client.generate([{"role": "user", "content": "a"}], timeout=9) == "a"
        other = create_api_client(base_url=simulator.base_url, model="m", cache=tmp_path)
        assert await batch_generate(other, ["b"]) == ["b"]
        assert simulator.counts[200] == 2
        assert await batch_generate(other, ["b"], temperature=0.1) == ["b"]
        assert simulator.counts[200] == 3
        await client.aclose()
        await other.aclose()


async def test_its_keys_are_those_of_a_run(tmp_path: Path) -> None:
    """A run over the same question finds the answer."""
    async with Simulator(FunctionAnswers(lambda body: "answer")) as simulator:
        config = resolve_config(base_url=simulator.base_url, model="m")
        client = create_api_client(base_url=simulator.base_url, model="m", cache=tmp_path)
        await batch_generate(client, ["q"], system_prompt="s")
        await client.aclose()
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]
    found = ResponseCache(tmp_path).get(request_key(type(client).request(config, messages)))
    assert found is not None
    assert found.text == "answer"


def test_ctrl_c_in_a_batch_loses_nothing_that_was_paid(tmp_path: Path) -> None:
    """What was under way arrives and is kept; the next call asks for the rest only."""
    source = FunctionAnswers(lambda body: body.messages[-1].content)
    command = (sys.executable, "-c", SCRIPT)
    with SimulatorThread(Simulator(source, latency=0.5)) as simulator:
        arguments = (*command, simulator.base_url, str(tmp_path / "cache"))
        environment = clean_environment(tmp_path)
        interrupted = subprocess.Popen(
            arguments, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: len(simulator.requests) > 2)
        os.kill(interrupted.pid, signal.SIGINT)
        assert interrupted.wait(60) != 0
        paid = simulator.counts[200]
        assert paid == len(simulator.requests)
        again = subprocess.run(
            arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert again.stdout == "40\n"
        assert simulator.counts[200] == 40


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": "abc"}, {"timeout": 0}, {"timeout": float("nan")}, {"temperature": 5},
        {"temperature": "0.7"}, {"temperature": True}, {"max_tokens": 0}, {"max_tokens": 1.5},
        {"api_type": 5}, {"api_key": b"sk-secret"}, {"model": 5}, {"base_url": Path("x")},
        {"top_p": 0.5},
    ],
)  # fmt: skip
def test_what_is_no_setting_of_a_client_is_refused(wrong: dict[str, object]) -> None:
    """By name, before anything is opened, and without the value of what may be a key."""
    (name,) = wrong
    with pytest.raises(SettingError, match=name) as refused:
        create_api_client(**{"api_key": "k"} | wrong)  # type: ignore[arg-type]
    assert "sk-secret" not in str(refused.value)


def test_without_a_cache_each_call_is_a_request(tmp_path: Path) -> None:
    """As the document has it: two answers to one question may differ."""
    with SimulatorThread(Simulator(FunctionAnswers(lambda body: "x"))) as simulator:
        client = create_api_client(base_url=simulator.base_url, model="m")
        asyncio.run(batch_generate(client, ["q"]))
        asyncio.run(batch_generate(client, ["q"]))
        assert simulator.counts[200] == 2
