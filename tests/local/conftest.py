"""What the tests marked `engine` share: what `make test-engine` installs, a tiny model, vLLM."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pettingllms.local.server import Server
from tests.processes import ROOT, Ended, clean_environment, free_port

ENGINE = Path(os.environ.get("PETTINGLLMS_ENGINE") or "~/.cache/pettingllms-engine").expanduser()
ENGINE_BIN = ENGINE / "venv" / "bin"
SMALL = "--gpu-memory-utilization 0.2 --enforce-eager"
"""A tiny model needs no more, and is not worth compiling for."""


def engine_environment(home: Path, **variables: str) -> dict[str, str]:
    """Nothing is looked for on a hub, and one thread does not wait for another."""
    return clean_environment(
        home, HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", VLLM_CPU_OMP_THREADS_BIND="nobind",
        VLLM=str(ENGINE_BIN / "vllm"), TRAIN_PYTHON=str(ENGINE_BIN / "python"), SERVE_ARGS=SMALL,
        SFT_CACHE_DIR=str(home / "cache"), **variables,
    )  # fmt: skip


def run_long(*command: str, cwd: Path, environment: Mapping[str, str]) -> Ended:
    """As long as an engine takes to load on a machine that has other things to do."""
    ended = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=1800,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that answers ten problems rightly about every other time."""
    home = tmp_path_factory.mktemp("model")
    command = (
        str(ENGINE_BIN / "python"),
        "-m",
        "tests.local.server.tiny_model",
        str(home / "tiny"),
    )
    ended = run_long(*command, cwd=ROOT, environment=engine_environment(home))
    assert ended.exit_code == 0, ended.output
    return home / "tiny"


@pytest.fixture(scope="session")
def vllm_url(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The root of a real vLLM server that serves the tiny model."""
    home, url = tmp_path_factory.mktemp("vllm"), f"http://127.0.0.1:{(port := free_port())}"
    environment = [f"{name}={value}" for name, value in engine_environment(home).items()]
    command = (
        "env", *environment, str(ENGINE_BIN / "vllm"), "serve", str(tiny_model),
        "--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(port), *SMALL.split(),
    )  # fmt: skip
    server = Server(command, f"{url}/v1", home / "vllm.log")
    try:
        server.wait_until_ready(lambda _: None)
        yield url
    finally:
        server.stop()
