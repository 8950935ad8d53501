"""Our clients and the script against a real vLLM server with a real, if tiny, model."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pettingllms.export.stats import Stats
from pettingllms.problems import read_problems
from pettingllms.problems.prompts import SYSTEM_PROMPT
from pettingllms.records import FinishReason
from pettingllms.run.check import check
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve
from pettingllms.simulator import Simulator, SimulatorThread
from pettingllms.simulator.references import ReferenceAnswers
from pettingllms.utils.api_client import batch_generate, create_api_client
from tests.flows.conftest import add_problem, write_problems
from tests.local.conftest import ENGINE_BIN, SMALL, engine_environment, run_long
from tests.processes import ROOT, Ended, free_port, wait_until

pytestmark = pytest.mark.engine
SCRIPTS = ROOT / "scripts" / "sft_train"
UNKNOWN_TO_IT = [
    {"id": f"times-{n}", "prompt": f"Write a function that returns its number times {n}.",
     "entry_point": "times", "tests": [{"args": [x], "expected": x * n} for x in range(1, 6)]}
    for n in range(2, 6)
]  # fmt: skip
QUESTION = "Write add(x) that returns x + 3."
ANSWER = re.compile(r"Sure:\n\n```python\ndef add\(x\):\n    return x [+-] \d+\n```")


@pytest.mark.parametrize(
    ("api_type", "path"), [("local", "/v1"), ("openai", "/v1"), ("claude", "")]
)
async def test_each_client_is_answered(vllm_url: str, api_type: str, path: str) -> None:
    """Chat completions and Anthropic messages, with their usage and ends."""
    client = create_api_client(
        api_type,
        base_url=vllm_url + path,
        model=None if api_type == "local" else "tiny",
        temperature=0.0,
    )
    assert await client.list_models() == ("tiny",)
    said = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": QUESTION}]
    whole = await client.complete(said, max_tokens=64)
    assert ANSWER.fullmatch(whole.text)
    assert (whole.finish_reason, whole.model) == (FinishReason.STOP, "tiny")
    assert whole.usage.completion_tokens < 64 < whole.usage.prompt_tokens
    cut = await client.complete(said, max_tokens=4)
    assert (cut.finish_reason, cut.usage.completion_tokens) == (FinishReason.LENGTH, 4)


async def test_a_batch_keeps_its_order(vllm_url: str) -> None:
    """Answers to prompts that were computed together."""
    client = create_api_client("local", base_url=f"{vllm_url}/v1", max_tokens=64, temperature=0.0)
    prompts = [f"Write add(x) that returns x + {number}." for number in range(1, 11)]
    answers = await batch_generate(client, prompts, SYSTEM_PROMPT)
    right = [f" {number}\n" in answer for number, answer in enumerate(answers, start=1)]
    assert sum(right) >= 7, answers


def test_the_script_uses_the_server_that_runs(
    vllm_url: str, tmp_path: Path, prefect_api_url: str
) -> None:
    """The flow in local mode: the model is the one that is served, and some answers pass."""
    ended = collect(tmp_path, prefect_api_url, API_BASE_URL=f"{vllm_url}/v1")
    assert ended.exit_code == 0, ended.output
    assert "which lists tiny" in ended.stdout
    stats = stats_of(tmp_path)
    assert 0 < stats["accepted"] < stats["samples"] == 40
    (rows,) = (tmp_path / "sft_data_code").glob("sft_data_*.jsonl")
    models = Counter(
        json.loads(line)["metadata"]["model"] for line in rows.read_text().splitlines()
    )
    assert set(models) == {"tiny"}


def test_the_round_trip(tiny_model: Path, tmp_path: Path, prefect_api_url: str) -> None:
    """Collect, train, serve what was trained, collect with it: it is right more often."""
    variables = {
        "MODEL_PATH": str(tiny_model), "OUTPUT_DIR": "data", "TRAIN_OUTPUT_DIR": "model",
        "TRAIN_LEARNING_RATE": "1e-2", "TRAIN_EPOCHS": "40", "TRAIN_BATCH_SIZE": "8",
        "TRAIN_ACCUMULATION": "1", "SFT_SAMPLES": "8",
    }  # fmt: skip
    script = SCRIPTS / "code_sft_quick_test_using_vllm.sh"
    first = collect(tmp_path, prefect_api_url, script=script, **variables)
    assert first.exit_code == 0, first.output
    assert "vLLM is ready after" in first.stdout
    (adapter,) = (tmp_path / "model").iterdir()
    losses = [float(loss) for loss in re.findall(r"loss (\d\.\d+)", first.stdout)]
    assert losses[-1] < losses[0] / 2
    assert (adapter / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert "A LoRA adapter for" in (adapter / "README.md").read_text()

    second = collect(tmp_path, prefect_api_url, MODEL_PATH=str(adapter), SFT_SAMPLES="8")
    assert second.exit_code == 0, second.output
    before, after = stats_of(tmp_path, "data"), stats_of(tmp_path)
    assert after["samples"] == before["samples"] == 80
    assert after["accepted"] > before["accepted"] + 10, "more than chance: by half of the 80 passed"
    (rows,) = (tmp_path / "sft_data_code").glob("sft_data_*.jsonl")
    assert {json.loads(line)["metadata"]["model"] for line in rows.read_text().splitlines()} == {
        adapter.name
    }


def test_nothing_is_left_of_vllm_when_we_are_killed(tiny_model: Path, tmp_path: Path) -> None:
    """Its engine is a process of its own, which outlives it where nobody looks after it."""
    command = (
        sys.executable, "-m", "pettingllms.local.server", "--log-dir", str(tmp_path),
        "--base-url", f"http://127.0.0.1:{free_port()}/v1", "--model", str(tiny_model),
        "--vllm", str(ENGINE_BIN / "vllm"), f"--serve-arguments={SMALL}",
        "--", "sh", "-c", "touch ready; exec sleep 600",
    )  # fmt: skip
    environment = engine_environment(tmp_path, PYTHONPATH=str(ROOT))
    ours = subprocess.Popen(command, cwd=tmp_path, env=environment)
    while not (tmp_path / "ready").exists():
        assert ours.poll() is None
        time.sleep(0.5)
    assert len(processes_of(tmp_path)) >= 3
    ours.kill()
    ours.wait()
    wait_until(lambda: not processes_of(tmp_path))


def processes_of(folder: Path) -> list[int]:
    """Those that were started in it."""
    places = Path("/proc").glob("[0-9]*/cwd")
    return [int(place.parent.name) for place in places if _target(place) == folder]


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:
        return None


def test_trl_loads_the_rows_unchanged(tiny_model: Path, tmp_path: Path) -> None:
    """The data set's own preparation, by SFTTrainer, with the loss on the assistant alone."""
    rows = tmp_path / "rows.jsonl"
    said = [
        {"role": "system", "content": SYSTEM_PROMPT},
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "Sure:\n\n```python\ndef add(x):\n    return x + 3\n```"},
    ]
    rows.write_text(json.dumps({"messages": said, "metadata": {"problem_id": "add-3"}}) + "\n")
    ended = run_long(
        str(ENGINE_BIN / "python"), str(ROOT / "tests/local/training/prepare_with_trl.py"),
        str(rows), str(tiny_model), cwd=tmp_path, environment=engine_environment(tmp_path),
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    learned = ended.stdout.strip().splitlines()[-1]
    assert json.loads(learned) == said[-1]["content"] + "<|im_end|>"


def test_nonsense_is_agreed_on_by_nobody(vllm_url: str, tmp_path: Path) -> None:
    """What the tiny model says to problems that it does not know is held against tests that are
    right: nothing of it is kept."""
    known = write_problems(tmp_path / "known.jsonl", UNKNOWN_TO_IT)
    untested = [{"id": each["id"], "prompt": each["prompt"]} for each in UNKNOWN_TO_IT]
    asked = write_problems(tmp_path / "asked.jsonl", untested)
    tests = ReferenceAnswers((each, each.messages) for each in read_problems([str(known)]))
    with SimulatorThread(Simulator(tests, models=("writer",))) as writer:
        given = {
            "api_type": "local", "base_url": f"{vllm_url}/v1", "problems": str(asked),
            "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"),
            "samples": 8, "max_tokens": 64, "max_turns": 1, "write_tests": 5,
            "test_model": f"openai:writer@{writer.base_url}",
        }  # fmt: skip
        stats = asyncio.run(agreed_stats(given))
    assert (stats.samples, stats.accepted) == (8 * len(UNKNOWN_TO_IT), 0)
    assert stats.test_sets.written
    assert "no_tests_written" not in stats.rejected


async def agreed_stats(given: dict[str, Any]) -> Stats:
    checked = check(resolve(given, {"OPENAI_API_KEY": "sk-none"}).settings)
    async with open_collection(checked, "run") as collection:
        return (await collection.run()).stats


def collect(
    home: Path, prefect_api_url: str, *, script: Path | None = None, **variables: str
) -> Ended:
    """Four answers to each of the ten problems that the tiny model knows."""
    problems = write_problems(home / "problems.jsonl", [add_problem(n) for n in range(1, 11)])
    given = {
        "API_BASE_URL": f"http://127.0.0.1:{free_port()}/v1", "SFT_PROBLEMS": str(problems),
        "SFT_SAMPLES": "4", "SFT_MAX_TURNS": "1", "API_MAX_TOKENS": "64", "API_TEMPERATURE": "0.7",
        "PREFECT_API_URL": prefect_api_url,
    }  # fmt: skip
    environment = engine_environment(home, **given | variables)
    command = script or SCRIPTS / "code_sft_collect_only.sh"
    return run_long("bash", str(command), cwd=home, environment=environment)


def stats_of(home: Path, folder: str = "sft_data_code") -> dict[str, int]:
    (path,) = (home / folder).glob("*_stats.json")
    stats = json.loads(path.read_text())
    return {"samples": stats["samples"], "accepted": stats["accepted"]}
