"""What is asked before Prefect is there: on one bill, and only where a flow can run."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.simulator import Simulator
from tests.processes import ROOT, Ended, clean_environment, run, wait_until

from .conftest import add_problem, stored, write_problems

PROBLEMS = 3
HERE = json.dumps(version("prefect"))


@contextmanager
def server_that_says(answers: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    """What takes itself for a Prefect server, and says nothing to whatever else it is asked."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.removeprefix("/api"))
            if found is None:
                ended.wait()
                return
            self.send_response(found[0])
            self.end_headers()
            self.wfile.write(found[1].encode())

        do_POST = do_GET  # noqa: N815 - as the library wants it

        def log_request(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def command(tmp_path: Path, provider: Simulator) -> tuple[str, ...]:
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(PROBLEMS)])
    return (
        sys.executable, "-m", "flows.collect", "--problems", str(problems), "--api-type", "openai",
        "--model", "m", "--base-url", provider.base_url, "--cache-dir", str(tmp_path / "cache"),
    )  # fmt: skip


@pytest.fixture
def collect(tmp_path: Path, command: tuple[str, ...]) -> Callable[..., Ended]:
    def collected(**variables: str) -> Ended:
        environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT), **variables)
        return run(*command, cwd=tmp_path, environment=environment)

    return collected


def kept(cache: Path) -> int:
    with closing(ResponseCache(cache)) as answers:
        return len(answers)


def all_stats(folder: Path) -> list[dict[str, Any]]:
    """In the order of the runs."""
    files = sorted((folder / "sft_data_code").glob("*_stats.json"))
    return [orjson.loads(file.read_bytes()) for file in files]


def test_a_server_that_never_comes_leaves_a_bill(
    tmp_path: Path, collect: Callable[..., Ended], provider: Simulator, prefect_api_url: str
) -> None:
    """By then the first shard is paid; the next run asks for nothing, and pays nothing."""
    ended = collect(PREFECT_API_DATABASE_CONNECTION_URL="nonsense://")
    assert ended.exit_code == 16, ended.output
    assert "Prefect's temporary server did not start" in ended.stderr
    assert "Traceback" not in ended.output
    assert provider.counts[200] == PROBLEMS
    assert collect(PREFECT_API_URL=prefect_api_url).exit_code == 0
    first, second = all_stats(tmp_path)
    assert (first["requests_sent"], second["requests_sent"]) == (PROBLEMS, 0)
    assert second["answered_from_cache"] == PROBLEMS
    assert "did not start" in first["run"]["stopped_by"]
    assert provider.counts[200] == PROBLEMS


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_what_was_asked_ahead_is_on_one_bill_however_the_run_ends(
    end: signal.Signals,
    tmp_path: Path,
    command: tuple[str, ...],
    collect: Callable[..., Ended],
    provider: Simulator,
    prefect_api_url: str,
) -> None:
    """Prefect's server has gone silent, so that no flow begins; the first signal is enough."""
    with server_that_says({"/admin/version": (200, HERE)}) as url:
        environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT), PREFECT_API_URL=url)
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        wait_until(lambda: provider.counts[200] == PROBLEMS)
        wait_until(lambda: kept(tmp_path / "cache") == PROBLEMS)
        process.send_signal(end)
        output, _ = process.communicate(timeout=60)
    if end != signal.SIGKILL:
        assert process.returncode == 128 + end, output
        assert f"Every answer that arrived is kept: {PROBLEMS} requests sent" in output
        assert "Traceback" not in output
    assert collect(PREFECT_API_URL=prefect_api_url).exit_code == 0
    assert sum(each["requests_sent"] for each in all_stats(tmp_path)) == PROBLEMS
    assert provider.counts[200] == PROBLEMS


@pytest.mark.parametrize(
    "said",
    [
        {"/admin/version": (401, ""), "/health": (404, "")},
        {"/admin/version": (200, '"2.20.1"'), "/health": (404, "")},
        {"/admin/version": (200, "<html>"), "/health": (404, "")},
        {"/health": (404, "")},
    ],
    ids=["a login", "another version", "a website", "silence"],
)
def test_nothing_is_asked_ahead_of_a_server_that_may_refuse_the_run(
    said: dict[str, tuple[int, str]], collect: Callable[..., Ended], provider: Simulator
) -> None:
    """Prefect itself says then what is wrong with it, and nothing is spent."""
    with server_that_says(said) as url:
        ended = collect(PREFECT_API_URL=url)
    assert ended.exit_code == 16, ended.output
    assert not provider.requests


def test_a_row_leads_to_its_run_in_prefect(
    tmp_path: Path, collect: Callable[..., Ended], prefect_api_url: str
) -> None:
    """By the stats, which are found by the row's run; it has the tasks of any other."""
    ended = collect(PREFECT_API_URL=prefect_api_url)
    assert ended.exit_code == 0, ended.output
    (rows,) = (tmp_path / "sft_data_code").glob("sft_data_*.jsonl")
    (stats,) = all_stats(tmp_path)
    of_rows = {orjson.loads(line)["metadata"]["run_id"] for line in rows.read_bytes().splitlines()}
    assert of_rows == {stats["run"]["run_id"]}
    of_run = {"flow_runs": {"id": {"any_": [stats["run"]["flow_run_id"]]}}}
    (flow_run,) = stored(prefect_api_url, "flow_runs", of_run)
    assert flow_run["state_type"] == "COMPLETED"
    tasks = {each["name"] for each in stored(prefect_api_url, "task_runs", of_run)}
    assert tasks == {"load", "generate 1", "validate 1", "write 1"}
    (summary,) = (
        each for each in stored(prefect_api_url, "artifacts", of_run)
        if each["key"] == "sft-collect-summary"
    )  # fmt: skip
    assert stats["run"]["run_id"] in summary["data"]
