"""The deployments, on a Prefect server with a worker process, by the commands of the README."""

import json
import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest
import yaml

from pettingllms.simulator import ChatBody, FunctionAnswers, Hang, Simulator, SimulatorThread
from tests.documents import deploying
from tests.flows.conftest import add_problem, right_answer, write_problems
from tests.processes import (
    ROOT,
    clean_environment,
    free_port,
    run,
    running,
    wait_for,
    wait_until,
)

PREFECT_YAML = ROOT / "deployments" / "prefect.yaml"
PROVIDERS = ("openai", "deepseek", "claude", "local")


class Site:
    """A Prefect server with the project's deployments, and a worker that serves them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = str(free_port())
        self.api_url = f"http://127.0.0.1:{self.port}/api"
        self.environment = clean_environment(
            home, PREFECT_API_URL=self.api_url, PREFECT_SERVER_API_PORT=self.port,
            PREFECT_WORKER_QUERY_SECONDS="1", OPENAI_API_KEY="k",
        )  # fmt: skip

    def command(self, line: str, *more: str) -> None:
        ended = run(*_words(line), *more, cwd=ROOT, environment=self.environment)
        assert ended.exit_code == 0, ended.output

    def in_a_terminal(self, line: str, name: str) -> AbstractContextManager[None]:
        log = self.home / f"{name}.log"
        return running(*_words(line), cwd=ROOT, environment=self.environment, log=log)

    def start_run(self, simulator: Simulator, output: Path, *options: str) -> None:
        problems = write_problems(self.home / "p.jsonl", [add_problem(n) for n in range(3)])
        parameters = {
            "problems": str(problems),
            "base_url": simulator.base_url,
            "model": "m",
            "output_dir": str(output),
            "cache_dir": str(output / "cache"),
        }
        given = [part for item in parameters.items() for part in ("-p", "=".join(item))]
        self.command(deploying()[-1], *given, *options)

    def stored(self, kind: str) -> list[dict[str, Any]]:
        request = Request(
            f"{self.api_url}/{kind}/filter", b"{}", {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=30) as response:
            return json.load(response)

    def states_of(self, output: Path) -> list[str]:
        """Of the runs that write to `output`, sorted."""
        runs = self.stored("flow_runs")
        mine = [run for run in runs if run["parameters"].get("output_dir") == str(output)]
        return sorted(run["state_name"] for run in mine)


def _words(line: str) -> list[str]:
    return shlex.split(line.replace(".venv/bin/", ""), comments=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """What the README's lines make, word for word but for the port."""
    site = Site(tmp_path_factory.mktemp("site"))
    start_server, address, create_pool, deploy, start_worker, _ = deploying()
    assert address == f"export PREFECT_API_URL={site.api_url.replace(site.port, '4200')}"
    with site.in_a_terminal(start_server, "server"):
        wait_for(f"{site.api_url}/health", site.home / "server.log")
        site.command(create_pool)
        site.command(deploy)
        with site.in_a_terminal(start_worker, "worker"):
            yield site


def test_each_provider_is_deployed_with_a_night_of_its_own(site: Site) -> None:
    """A time zone, so that summer time shifts nothing, and one run at a time."""
    deployments = {each["name"]: each for each in site.stored("deployments")}
    assert deployments.keys() == set(PROVIDERS)
    for provider, deployed in deployments.items():
        assert deployed["parameters"] == {"api_type": provider}
        (night,) = deployed["schedules"]
        assert night["active"]
        assert "/" in night["schedule"]["timezone"]
        assert deployed["global_concurrency_limit"]["limit"] == 1
        assert deployed["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
        settings = deployed["parameter_openapi_schema"]["properties"]
        assert settings["samples"]["description"] == "answers to ask for per problem"


def test_a_run_of_the_deployment_leaves_the_files(site: Site, tmp_path: Path) -> None:
    """`prefect deployment run sft-collect/openai`, and the rows are there."""
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        site.start_run(simulator, tmp_path, "--watch")
    (rows,) = tmp_path.glob("sft_data_*.jsonl")
    assert len(rows.read_bytes().splitlines()) == 3
    (stats,) = tmp_path.glob("sft_data_*_stats.json")
    run_id = orjson.loads(stats.read_bytes())["run"]["run_id"]
    (shown,) = (each for each in site.stored("flow_runs") if each["id"] == run_id)
    assert shown["state"]["message"] == "3 of 3 samples accepted, $0.0000"


def test_two_nights_do_not_overlap(site: Site, tmp_path: Path) -> None:
    """While one run goes on, the next is cancelled; nothing is sent twice."""
    answers: list[str] = []

    def first_hangs(body: ChatBody) -> str | Hang:
        answers.append(right_answer(body))
        return answers[-1] if len(answers) > 1 else Hang(8)

    with SimulatorThread(Simulator(FunctionAnswers(first_hangs), models=("m",))) as simulator:
        site.start_run(simulator, tmp_path)
        wait_until(lambda: len(answers) > 0)
        site.start_run(simulator, tmp_path)
        wait_until(lambda: site.states_of(tmp_path) == ["Cancelled", "Completed"])
    assert simulator.counts[200] == 3


def test_the_deployments_name_only_settings_that_exist() -> None:
    """A misspelt parameter would only fail at night."""
    from pettingllms.settings import Settings

    for deployment in yaml.safe_load(PREFECT_YAML.read_text())["deployments"]:
        assert deployment["parameters"].keys() <= Settings.model_fields.keys()
