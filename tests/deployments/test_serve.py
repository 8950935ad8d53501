"""`python -m deployments.serve`: the same deployments, without a work pool or a worker."""

from pathlib import Path
from typing import Any

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import right_answer
from tests.processes import wait_until

from .site import Site


def test_one_process_serves_every_deployment_and_its_nights(site: Site, tmp_path: Path) -> None:
    """What a worker would serve, word for word; and a run ends well."""
    with_worker = deployed(site)
    site.in_a_terminal("python -m deployments.serve", "serve")
    wait_until(lambda: all(each["work_pool_name"] is None for each in site.stored("deployments")))
    assert deployed(site) == with_worker
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        run_id = site.begin(simulator, tmp_path, range(2))
        assert site.ended(run_id)["type"] == "COMPLETED"


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
