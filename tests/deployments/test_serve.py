"""`python -m deployments.serve`: the same deployments, without a work pool or a worker."""

from pathlib import Path
from typing import Any

import pytest

from deployments.serve import main
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import right_answer
from tests.processes import ROOT, clean_environment, run, wait_until

from .site import Site


def test_one_process_serves_every_deployment_and_its_nights(site: Site, tmp_path: Path) -> None:
    """What a worker would serve, word for word, and a run ends well; interrupted, it leaves
    everything to the worker as it was."""
    with_worker, placed = deployed(site), placements(site)
    assert {pool for pool, *_ in placed.values()} == {"sft"}
    with site.terminal("python -m deployments.serve", "serve"):
        wait_until(lambda: all(pool is None for pool, *_ in placements(site).values()))
        assert deployed(site) == with_worker
        with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
            run_id = site.begin(simulator, tmp_path, range(2))
            assert site.ended(run_id)["type"] == "COMPLETED"
    wait_until(lambda: placements(site) == placed)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PREFECT_API_URL": "http://127.0.0.1:9/api"}, "server at http://127.0.0.1:9/api does no"),
        ({}, "PREFECT_API_URL names none"),
    ],
)
def test_without_its_server_it_is_one_message(
    tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    """Nothing is served, and no temporary server is started."""
    environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT), **variables)
    ended = run("python", "-m", "deployments.serve", cwd=tmp_path, environment=environment)
    assert ended.exit_code == 16
    assert said in ended.stderr
    assert "Traceback" not in ended.output


def test_its_help_helps(capsys: pytest.CaptureFixture[str]) -> None:
    """And serves nothing."""
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "until it is interrupted" in capsys.readouterr().out


def placements(site: Site) -> dict[str, tuple[Any, ...]]:
    """Who is to run each deployment, and how they find its code."""
    return {
        each["name"]: (each["work_pool_name"], each["work_queue_name"], each["path"],
                       each["pull_steps"], each["entrypoint"])
        for each in site.stored("deployments")
    }  # fmt: skip


def deployed(site: Site) -> dict[str, Any]:
    """What a user sees of each deployment."""
    return {
        each["name"]: (
            each["description"],
            each["parameters"],
            [night["schedule"] for night in each["schedules"]],
            (each["global_concurrency_limit"] or {}).get("limit"),
            (each["concurrency_options"] or {}).get("collision_strategy"),
            each["entrypoint"],
        )
        for each in site.stored("deployments")
    }
