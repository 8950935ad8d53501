"""A run that is cut off: nothing that was paid is paid again, and nothing claims to run for ever.

What takes minutes to show, such as the loss of a machine, is tried by hand: docs/operations.md.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.ahead import NOTHING_SENT
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
    """Cancelled in the UI, which leaves stats with the bill, no rows, and a line in the log; the
    next one killed with -9, and retried: no answer is lost."""
    cancelled = site.begin(provider, tmp_path, PROBLEMS, **PACE)
    wait_until(lambda: provider.counts[200] >= len(PROBLEMS) / 4)
    site.post(f"flow_runs/{cancelled}/set_state", {"state": {"type": "CANCELLING"}})
    assert site.ended(cancelled)["type"] == "CANCELLED"
    tasks = site.stored("task_runs", flow_runs={"id": {"any_": [cancelled]}})
    assert {task["state_type"] for task in tasks} <= set(ENDS)
    check_what_is_left(tmp_path, provider)
    log = (site.home / "worker.log").read_text()
    assert "Broken off. Every answer that arrived is kept" in log
    assert "Traceback" not in log

    killed = site.begin(provider, tmp_path, PROBLEMS, **PACE)
    wait_until(lambda: provider.counts[200] >= len(PROBLEMS) * 3 / 4)
    kill(killed)
    assert site.ended(killed)["type"] == "CRASHED"
    retried = site.retried(killed)
    assert retried["message"].startswith("24 of 24 samples accepted"), retried

    twice_at_most = 2 * IN_FLIGHT  # what had been sent, and not come back, at either end
    assert len(PROBLEMS) <= provider.counts.total() <= len(PROBLEMS) + twice_at_most


def test_a_run_that_is_cancelled_while_it_loads_says_that_nothing_was_sent(
    site: Site, provider: Simulator, tmp_path: Path
) -> None:
    """Half a million problems take long enough to read."""
    loading = site.begin(provider, tmp_path, range(500_000), num_episodes=500_000)
    of_it = {"id": {"any_": [loading]}}
    wait_until(lambda: has_begun(site.stored("task_runs", flow_runs=of_it)))
    site.post(f"flow_runs/{loading}/set_state", {"state": {"type": "CANCELLING"}})
    ended = site.ended(loading)
    assert ended["type"] == "CANCELLED"
    assert ended["message"] in (
        NOTHING_SENT,
        "Flow run was cancelled successfully.",
    )  # the worker's
    assert not provider.counts


def has_begun(tasks: list[dict[str, Any]]) -> bool:
    return "RUNNING" in [task["state_type"] for task in tasks]


def check_what_is_left(output: Path, provider: Simulator) -> None:
    (written,) = output.glob("*_stats.json")
    stats = json.loads(written.read_bytes())
    answered = provider.counts[200]
    assert 0 < stats["requests_sent"] <= answered + IN_FLIGHT
    assert sum(stats["requests_by_turn"].values()) == stats["requests_sent"]
    assert [*output.glob("attempts/attempts_*.jsonl")]
    assert not [*output.glob("sft_data_*.jsonl")], "rows are of whole runs"
