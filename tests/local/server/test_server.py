"""The local server: what is found at a URL, what vLLM is told, and how it is ended.

The project's simulator stands in for vLLM: same command line, same API.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pettingllms.engine import with_model
from pettingllms.errors import BaseURLError, KeyRefusedError, SettingError
from pettingllms.local.server import (
    GIB,
    Gpu,
    Machine,
    Model,
    ServerState,
    find_model,
    probe,
    read_machine,
    serve_arguments,
)
from pettingllms.simulator import Simulator, SimulatorThread, SyntheticAnswers
from pettingllms.utils.api_client import resolve_config
from tests.processes import ROOT, clean_environment, free_port, wait_until

URL = "http://localhost:8000/v1"
PROCESSOR = Machine(gpus=(), memory=64 * GIB, available=20 * GIB, has_bf16=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model's folder, as far as one sees without loading it."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"num_attention_heads": 12}))
    return folder


@pytest.fixture
def web_page() -> Iterator[str]:
    """A server that is no API; it takes the status that it answers with from the path."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path.split("/")[1]))
            self.end_headers()
            self.wfile.write(b'{"data": []}' if "empty" in self.path else b"<html>")

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_who_answers_at_a_url(web_page: str) -> None:
    """A server with its models, one that loads, one that cannot list them, one that wants a key,
    another thing, nothing."""
    with SimulatorThread(Simulator(SyntheticAnswers(1), models=("a", "b"))) as simulator:
        state = probe(simulator.base_url)
        assert state is not None
        assert state.models == ("a", "b")
    assert probe(f"http://127.0.0.1:{free_port()}/v1") is None
    assert probe(f"{web_page}/503") == ServerState(is_ready=False)
    assert probe(f"{web_page}/200/empty") == ServerState()
    assert probe(f"{web_page}/500") == ServerState()
    with pytest.raises(KeyRefusedError, match="wants a key"):
        probe(f"{web_page}/401")
    for status, words in ((404, "answers 404"), (200, "answers without JSON")):
        with pytest.raises(BaseURLError, match=f"port is taken.*{words}"):
            probe(f"{web_page}/{status}")


async def test_a_server_that_cannot_list_its_models_wants_one_named(web_page: str) -> None:
    """It may answer all the same."""
    config = resolve_config("local", base_url=f"{web_page}/500")
    with pytest.raises(SettingError, match=r"does not list its models: .*500(.|\n)*API_MODEL"):
        await with_model(config)


def test_something_that_does_not_speak_http_has_the_port() -> None:
    """Such as a database."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        Thread(target=lambda: _say_hello(listener), daemon=True).start()
        with pytest.raises(BaseURLError, match="port is taken"):
            probe(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")


def _say_hello(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"hello\r\n\r\n")


@pytest.mark.parametrize(
    ("heads", "gpus", "used"), [(32, 8, "8"), (12, 8, "6"), (0, 4, "4"), (7, 2, None)]
)
def test_a_model_is_divided_over_the_gpus(heads: int, gpus: int, used: str | None) -> None:
    """Over as many as its attention heads can be divided by."""
    machine = Machine((Gpu(80 * GIB, 79 * GIB),) * gpus, 1.0, 1.0, has_bf16=True)
    told = _options(serve_arguments(_model(heads), machine, URL))
    assert told.get("--tensor-parallel-size") == used
    assert told["--gpu-memory-utilization"] == "0.90"
    assert "--dtype" not in told


def test_memory_that_others_hold_is_not_asked_for() -> None:
    """Of the fullest GPU; without one, of the machine, half at most."""
    busy = Machine((Gpu(24 * GIB, 23 * GIB), Gpu(24 * GIB, 12 * GIB)), 1.0, 1.0, has_bf16=True)
    assert _options(serve_arguments(_model(32), busy, URL))["--gpu-memory-utilization"] == "0.45"
    told = _options(serve_arguments(_model(32), PROCESSOR, URL))
    assert (told["--gpu-memory-utilization"], told["--dtype"]) == ("0.26", "float32")
    newer = replace(PROCESSOR, available=60 * GIB, has_bf16=True)
    told = _options(serve_arguments(_model(32), newer, URL))
    assert (told["--gpu-memory-utilization"], told["--dtype"]) == ("0.50", "bfloat16")
    full = replace(PROCESSOR, available=1 * GIB)
    assert _options(serve_arguments(_model(32), full, URL))["--gpu-memory-utilization"] == "0.05"


def test_the_server_listens_where_it_is_asked_and_to_this_machine_only() -> None:
    """vLLM's own default is the whole network, without a key."""
    told = _options(serve_arguments(_model(1), PROCESSOR, "http://127.0.0.1:8123/v1"))
    assert (told["--host"], told["--port"]) == ("127.0.0.1", "8123")


def test_an_adapter_is_served_on_its_model(tmp_path: Path, model: Path) -> None:
    """Under the name of its folder."""
    adapter = tmp_path / "sft_model_1"
    adapter.mkdir()
    config = {"base_model_name_or_path": str(model), "r": 24}
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    told = serve_arguments(find_model(str(adapter)), PROCESSOR, URL)
    assert told[:2] == ["serve", str(model)]
    assert told[-4:] == ["--max-lora-rank", "32", "--lora-modules", f"sft_model_1={adapter}"]
    (model / "config.json").unlink()
    with pytest.raises(SettingError, match="The model of the adapter"):
        find_model(str(adapter))


def test_what_is_no_model_is_found_before_vllm_is_started(tmp_path: Path) -> None:
    """A folder without a config, a file, a path to nowhere; a hub name may be right."""
    (tmp_path / "weights.gguf").touch()
    for path in (tmp_path, tmp_path / "weights.gguf", tmp_path / "gone"):
        with pytest.raises(SettingError, match="MODEL_PATH"):
            find_model(str(path))
    assert find_model("Qwen/Qwen2.5-Coder-7B-Instruct").heads == 0


def test_gpus_are_read_from_the_driver_s_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that CUDA_VISIBLE_DEVICES names; none, where it names none."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\necho "81559, 80000"\n[ "$3" = -i ] || echo "81559, 40000"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert [gpu.free // 2**20 for gpu in read_machine().gpus] == [80000, 40000]
    assert len(read_machine("0").gpus) == 1
    assert read_machine("").gpus == ()
    assert read_machine("").memory > read_machine("").available > 0


def test_a_gpu_without_memory_of_its_own_has_the_machine_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver's tool has no figure for it."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\necho "[N/A], [N/A]"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    machine = read_machine()
    assert [gpu.total for gpu in machine.gpus] == [machine.memory]
    assert "--dtype" not in _options(serve_arguments(_model(1), machine, URL))


def test_a_driver_that_does_not_answer_has_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As nvidia-smi says where the driver is not loaded."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\necho "NVIDIA-SMI has failed" >&2\nexit 9\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert read_machine().gpus == ()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_us_however_we_end(
    tmp_path: Path, model: Path, sent: signal.Signals
) -> None:
    """Ctrl+C, kill, and kill -9, while a command is running beside it."""
    url = f"http://127.0.0.1:{(port := free_port())}/v1"
    command = (
        sys.executable, "-m", "pettingllms.local.server", "--base-url", url, "--model", str(model),
        "--vllm", str(_stand_in(tmp_path)), "--log-dir", str(tmp_path),
        "--", "sh", "-c", "touch ready; exec sleep 600",
    )  # fmt: skip
    environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT))
    ours = subprocess.Popen(command, cwd=tmp_path, env=environment)
    wait_until((tmp_path / "ready").exists)
    ours.send_signal(sent)
    assert ours.wait() == (130 if sent != signal.SIGKILL else -signal.SIGKILL)
    wait_until(lambda: not _listens(port))


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _stand_in(folder: Path) -> Path:
    program = folder / "vllm"
    stand_in = ROOT / "tests" / "scripts" / "serve_right_answers.py"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
    program.chmod(0o755)
    return program


def _model(heads: int) -> Model:
    return Model("owner/name", heads)


def _options(told: list[str]) -> dict[str, str]:
    return dict(zip(told[2::2], told[3::2], strict=False))
