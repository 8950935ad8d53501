"""A machine that collects every night: a Prefect server, the deployments, a worker."""

from __future__ import annotations

import json
import shlex
import time
from contextlib import AbstractContextManager, ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from pettingllms.simulator import Simulator
from tests.documents import nightly
from tests.flows.conftest import add_problem, write_problems
from tests.processes import (
    ROOT,
    clean_environment,
    free_port,
    kill_all_with,
    of_this_environment,
    run,
    running,
    wait_for,
    wait_until,
    without_environment,
)

KEY = "sk-in-the-environment-of-the-worker"
ENDS = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")
SERVER, WORKER, NIGHT = nightly()
"""The README's terminals."""
RUN = NIGHT.splitlines()[-1]
CREATE_POOL, DEPLOY = WORKER.splitlines()[-3:-1]


class Site:
    """Everything runs in a home of its own, by the README's lines, but for the port and the key.
    What a night asks for that names nothing else comes from the worker's terminal."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home = home
        self.port = str(free_port())
        self.api_url = f"http://127.0.0.1:{self.port}/api"
        self.environment = clean_environment(
            home, PREFECT_API_URL=self.api_url, PREFECT_SERVER_API_PORT=self.port,
            PREFECT_WORKER_QUERY_SECONDS="1", PREFECT_RUNNER_POLL_FREQUENCY="1",
            OPENAI_API_KEY=KEY,
        )  # fmt: skip
        self._stack = stack
        self.night_output = home / "night"

    def command(self, line: str, *more: str) -> None:
        ended = run(*words(line), *more, cwd=ROOT, environment=self.environment)
        assert ended.exit_code == 0, ended.output

    def terminal(self, line: str, name: str) -> AbstractContextManager[None]:
        """In which the line runs; closing it ends that."""
        log = self.home / f"{name}.log"
        return running(*words(line), cwd=ROOT, environment=self.environment, log=log)

    def typed(self, code: str) -> tuple[str, ...]:
        """A block of the README in a shell of its own."""
        here = of_this_environment(code).replace("4200", self.port).replace("sk-...", KEY)
        return "bash", "-ec", here

    def in_a_shell(self, code: str, name: str, **variables: str) -> None:
        """What a user types into a new terminal, in which no environment is active."""
        environment = without_environment(
            self.home, PREFECT_SERVER_API_PORT=self.port, PREFECT_WORKER_QUERY_SECONDS="1",
            **variables,
        )  # fmt: skip
        log = self.home / f"{name}.log"
        self._stack.enter_context(
            running(*self.typed(code), cwd=ROOT, environment=environment, log=log)
        )

    def start_worker(self, base_url: str) -> None:
        """Ready when it has registered what it serves."""
        self.in_a_shell(
            WORKER, "worker", API_BASE_URL=base_url, OUTPUT_DIR=str(self.night_output),
            SFT_CACHE_DIR=str(self.home / "night_cache"), SFT_NUM_EPISODES="3",
        )  # fmt: skip
        wait_until(lambda: "started!" in (self.home / "worker.log").read_text())

    def start_server(self) -> None:
        self.in_a_shell(SERVER, "server")
        wait_for(f"{self.api_url}/health", self.home / "server.log")

    def parameters(
        self, simulator: Simulator, output: Path, numbers: range, **settings: Any
    ) -> dict[str, Any]:
        """Of a run over the problems `numbers`, with everything it leaves in `output`."""
        problems = write_problems(output / "p.jsonl", [add_problem(n) for n in numbers])
        return {
            "problems": str(problems),
            "base_url": simulator.base_url,
            "model": "m",
            "output_dir": str(output),
            "cache_dir": str(output / "cache"),
            **settings,
        }

    def begin(self, *run: Any, **settings: Any) -> str:
        """Asks for a run with these `parameters`, as the UI does; its id."""
        deployment = self.read("deployments/name/sft-collect/openai")["id"]
        given = {"parameters": self.parameters(*run, **settings)}
        return self.post(f"deployments/{deployment}/create_flow_run", given)["id"]

    def ended(self, run_id: str) -> dict[str, Any]:
        """The state that a run ends in, once it has."""
        wait_until(lambda: self.read(f"flow_runs/{run_id}")["state_type"] in ENDS)
        return self.read(f"flow_runs/{run_id}")["state"]

    def retried(self, run_id: str) -> dict[str, Any]:
        """The state that a retry ends in; a worker that reports the crash late undoes the first,
        unless it has begun by then, and Prefect refuses the second."""
        for _ in range(2):
            run(*words(f"prefect flow-run retry {run_id}"), cwd=ROOT, environment=self.environment)
            state = self.ended(run_id)
            if state["type"] == "COMPLETED":
                break
        return state

    def stored(self, kind: str, **filters: Any) -> list[dict[str, Any]]:
        return self.post(f"{kind}/filter", filters)

    def read(self, path: str) -> Any:
        with urlopen(f"{self.api_url}/{path}", timeout=180) as response:
            return json.load(response)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """As Prefect's client does it: again, where SQLite has a moment's too much to do."""
        content = {"Content-Type": "application/json"}
        request = Request(f"{self.api_url}/{path}", json.dumps(body).encode(), content)
        for pause_s in (1, 2, 4, 8, 0):
            try:
                with urlopen(request, timeout=60) as response:
                    return json.load(response)
            except HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or not pause_s:
                    raise
                time.sleep(pause_s)
        return None


def words(line: str) -> list[str]:
    return shlex.split(line.replace(".venv/bin/", ""), comments=True)


def kill(run_id: str) -> None:
    """kill -9 of the process that a run is in."""
    kill_all_with(f"PREFECT__FLOW_RUN_ID={run_id}")
