"""The deployments, on a Prefect server with a worker process, by the commands of the README."""

from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import yaml

from pettingllms.simulator import ChatBody, FunctionAnswers, Hang, Simulator, SimulatorThread
from tests.flows.conftest import right_answer
from tests.processes import ROOT, run, wait_until, without_environment

from .site import NIGHT, RUN, Site

PREFECT_YAML = ROOT / "deployments" / "prefect.yaml"
PROVIDERS = ("openai", "deepseek", "claude", "local")


def test_each_provider_is_deployed_with_a_night_of_its_own(site: Site) -> None:
    """A time zone, so that summer time shifts nothing, and one run at a time."""
    deployments = {each["name"]: each for each in site.stored("deployments")}
    part = deployments.pop("part")
    assert (part["schedules"], part["global_concurrency_limit"]) == ([], None)
    assert deployments.keys() == set(PROVIDERS)
    for provider, deployed in deployments.items():
        assert deployed["parameters"] == {"api_type": provider}
        (night,) = deployed["schedules"]
        assert night["active"]
        assert ZoneInfo(night["schedule"]["timezone"])
        assert deployed["global_concurrency_limit"]["limit"] == 1
        assert deployed["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
        settings = deployed["parameter_openapi_schema"]["properties"]
        assert settings["samples"]["description"] == "answers to ask for per problem"


def test_the_server_schedules_the_nights(site: Site) -> None:
    """A deployment with a cron line is not enough: its next runs are there."""
    scheduled = {"state": {"type": {"any_": ["SCHEDULED"]}}}

    def nights() -> set[str]:
        runs = site.stored("flow_runs", flow_runs=scheduled)
        return {run["parameters"]["api_type"] for run in runs if run["auto_scheduled"]}

    wait_until(lambda: nights() == set(PROVIDERS))


def test_a_run_of_the_deployment_leaves_the_files(site: Site, tmp_path: Path) -> None:
    """`prefect deployment run sft-collect/openai`, and the rows are there."""
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        parameters = site.parameters(simulator, tmp_path, range(3))
        given = [part for item in parameters.items() for part in ("-p", "=".join(item))]
        site.command(RUN, *given, "--watch")
    (rows,) = tmp_path.glob("sft_data_*.jsonl")
    assert len(rows.read_bytes().splitlines()) == 3
    (stats,) = tmp_path.glob("sft_data_*_stats.json")
    run_id = orjson.loads(stats.read_bytes())["run"]["run_id"]
    assert site.ended(run_id)["message"] == "3 of 3 samples accepted, $0.0000"
    log = [
        line["message"] for line in site.stored("logs", logs={"flow_run_id": {"any_": [run_id]}})
    ]
    assert any(line.startswith("Beginning flow run 'openai m p.jsonl, ") for line in log)
    assert "Finished in state Completed()" not in log


def test_a_night_asks_what_the_workers_terminal_names(site: Site) -> None:
    """The README's third terminal, word for word, in a shell without an active environment."""
    environment = without_environment(site.home)
    ended = run(*site.typed(NIGHT), cwd=ROOT, environment=environment)
    assert ended.exit_code == 0, ended.output
    wait_until(lambda: any(site.night_output.glob("*_stats.json")))
    (stats,) = site.night_output.glob("*_stats.json")
    settings = orjson.loads(stats.read_bytes())["run"]["settings"]
    assert settings["problems"] == [str(ROOT / "data" / "problems.jsonl")]


def test_two_nights_do_not_overlap(site: Site, tmp_path: Path) -> None:
    """While one run goes on, the next is cancelled; nothing is sent twice."""
    answers: list[str] = []

    def first_hangs(body: ChatBody) -> str | Hang:
        answers.append(right_answer(body))
        return answers[-1] if len(answers) > 1 else Hang(8)

    with SimulatorThread(Simulator(FunctionAnswers(first_hangs), models=("m",))) as simulator:
        first = site.begin(simulator, tmp_path, range(3))
        wait_until(lambda: len(answers) > 0)
        second = site.begin(simulator, tmp_path, range(3))
        assert site.ended(second)["type"] == "CANCELLED"
        assert site.ended(first)["type"] == "COMPLETED"
    assert simulator.counts[200] == 3


def test_the_deployments_name_only_settings_that_exist() -> None:
    """A misspelt parameter would only fail at night."""
    from pettingllms.settings import Settings

    for deployment in yaml.safe_load(PREFECT_YAML.read_text())["deployments"]:
        assert deployment["parameters"].keys() <= Settings.model_fields.keys()
