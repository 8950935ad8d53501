"""The collection against a real llama.cpp server, where LLAMA_SERVER names its program."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pettingllms.errors import ContextLengthError
from pettingllms.local.server import Server
from pettingllms.records import FinishReason
from pettingllms.utils.api_client import create_api_client
from tests.flows.conftest import add_problem, write_problems
from tests.local.conftest import ENGINE_BIN, engine_environment, run_long
from tests.processes import ROOT, free_port

PROGRAM = os.environ.get("LLAMA_SERVER", "")
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PROGRAM, reason="LLAMA_SERVER names no llama-server"),
]
SCRIPT = ROOT / "scripts" / "sft_train" / "code_sft_collect_only.sh"
SAID = [{"role": "user", "content": "Write add(x) that returns x + 3."}]


@pytest.fixture(scope="module")
def gguf_model(tiny_model: Path) -> Path:
    """The tiny model in one file."""
    file = tiny_model.with_suffix(".gguf")
    command = (str(ENGINE_BIN / "python"), "-m", "tests.local.server.gguf_model", str(tiny_model))
    ended = run_long(*command, str(file), cwd=ROOT, environment=engine_environment(file.parent))
    assert ended.exit_code == 0, ended.output
    return file


@pytest.fixture(scope="module")
def llama_url(gguf_model: Path) -> Iterator[str]:
    """The base URL of a server with two slots, each of 1,024 tokens."""
    url = f"http://127.0.0.1:{(port := free_port())}/v1"
    command = (
        PROGRAM, "--model", str(gguf_model), "--alias", "tiny", "--port", str(port),
        "--parallel", "2", "--ctx-size", "2048", "--threads", "1",
    )  # fmt: skip
    server = Server(command, url, gguf_model.with_suffix(".log"))
    try:
        server.wait_until_ready(lambda _: None)
        yield url
    finally:
        server.stop()


async def test_an_answer_and_its_ends(llama_url: str) -> None:
    """Whole, cut at the limit, and refused where the prompt is too long."""
    client = create_api_client("local", base_url=llama_url, temperature=0.0)
    assert await client.list_models() == ("tiny",)
    whole = await client.complete(SAID, max_tokens=64)
    assert (whole.finish_reason, whole.model) == (FinishReason.STOP, "tiny")
    assert "def add(x):" in whole.text
    assert 0 < whole.usage.completion_tokens < 64
    cut = await client.complete(SAID, max_tokens=4)
    assert (cut.finish_reason, cut.usage.completion_tokens) == (FinishReason.LENGTH, 4)
    with pytest.raises(ContextLengthError, match="exceeds the available context size"):
        await client.complete([{"role": "user", "content": "x = 1\n" * 2000}])


def test_more_requests_than_slots(llama_url: str, tmp_path: Path, prefect_api_url: str) -> None:
    """Forty at two slots wait in line; all are answered, and some pass."""
    problems = write_problems(tmp_path / "problems.jsonl", [add_problem(n) for n in range(1, 11)])
    environment = engine_environment(
        tmp_path, API_BASE_URL=llama_url, SFT_PROBLEMS=str(problems), SFT_SAMPLES="4",
        SFT_MAX_TURNS="1", API_MAX_TOKENS="64", PREFECT_API_URL=prefect_api_url,
    )  # fmt: skip
    ended = run_long("bash", str(SCRIPT), cwd=tmp_path, environment=environment)
    assert ended.exit_code == 0, ended.output
    assert "which lists tiny" in ended.stdout
    (rows,) = (tmp_path / "sft_data_code").glob("sft_data_*.jsonl")
    models = Counter(json.loads(line)["metadata"]["model"] for line in rows.open())
    assert set(models) == {"tiny"}
    (stats,) = (tmp_path / "sft_data_code").glob("*_stats.json")
    counted = json.loads(stats.read_text())
    assert 0 < counted["accepted"] <= counted["samples"] == 40
