"""A run that is cut off: nothing that was paid is paid again, and nothing claims to run for ever.

What takes minutes to show, such as the loss of a machine, is tried by hand: docs/operations.md.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import right_answer
from tests.processes import wait_until

from .site import ENDS, Site, kill

PROBLEMS = range(24)
IN_FLIGHT = 2
PACE = {"max_concurrency": IN_FLIGHT, "shard_size": 4, "num_episodes": len(PROBLEMS)}

pytestmark = pytest.mark.operations


@pytest.fixture
def provider() -> Iterator[Simulator]:
    """Slow enough to be interrupted."""
    slow = Simulator(FunctionAnswers(right_answer), models=("m",), latency=0.3)
    with SimulatorThread(slow) as simulator:
        yield simulator


def test_a_run_that_is_cut_off_is_taken_up_where_it_was(
    site: Site, provider: Simulator, tmp_path: Path
) -> None:
    """Cancelled in the UI; the next one killed with -9, and retried: no answer is lost."""
    cancelled = site.begin(provider, tmp_path, PROBLEMS, **PACE)
    wait_until(lambda: provider.counts[200] >= len(PROBLEMS) / 4)
    site.post(f"flow_runs/{cancelled}/set_state", {"state": {"type": "CANCELLING"}})
    assert site.ended(cancelled)["type"] == "CANCELLED"
    tasks = site.stored("task_runs", flow_runs={"id": {"any_": [cancelled]}})
    assert {task["state_type"] for task in tasks} <= set(ENDS)

    killed = site.begin(provider, tmp_path, PROBLEMS, **PACE)
    wait_until(lambda: provider.counts[200] >= len(PROBLEMS) * 3 / 4)
    kill(killed)
    assert site.ended(killed)["type"] == "CRASHED"
    retried = site.retried(killed)
    assert retried["message"].startswith("24 of 24 samples accepted"), retried

    twice_at_most = 2 * IN_FLIGHT  # what had been sent, and not come back, at either end
    assert len(PROBLEMS) <= provider.counts.total() <= len(PROBLEMS) + twice_at_most
