"""A job in two parts on two workers, each with a home of its own; one is lost in mid-run."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.engine.redis.redis_server import PASSWORD, RedisServer
from tests.flows.conftest import add_problem, right_answer, write_problems
from tests.processes import ROOT, kill_all_with, run, wait_until

from .site import CREATE_POOL, DEPLOY, Site

PROBLEMS = 60
IN_FLIGHT = 2
ENDED_BY_SIGTERM = 128 + signal.SIGTERM

pytestmark = pytest.mark.operations


class Machine:
    """A worker that takes one run at a time."""

    def __init__(self, home: Path, site: Site, redis: RedisServer) -> None:
        home.mkdir()
        self.output = home / "out"
        self._process = subprocess.Popen(
            ("prefect", "worker", "start", "--pool", "sft", "--limit", "1"),
            cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL,
            env=site.environment | {
                "HOME": str(home), "OUTPUT_DIR": str(self.output),
                "SFT_CACHE_DIR": str(home / "cache"), "SFT_REDIS_URL": redis.url,
            },
        )  # fmt: skip

    def lose(self) -> None:
        """kill -9 of the worker and of the run that it has started."""
        kill_all_with(f"OUTPUT_DIR={self.output}")
        self._process.wait()

    @property
    def is_at_work(self) -> bool:
        """In the middle of its first part."""
        return self.output.exists() and not self.stats()

    def stats(self) -> list[dict[str, Any]]:
        return [orjson.loads(path.read_bytes()) for path in self.output.glob("*_stats.json")]


@pytest.fixture
def provider() -> Iterator[Simulator]:
    slow = Simulator(FunctionAnswers(right_answer), models=("m",), latency=0.3)
    with SimulatorThread(slow) as simulator:
        yield simulator


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "site").mkdir()
    with ExitStack() as stack:
        site = Site(tmp_path / "site", stack)
        site.start_server()
        site.command(CREATE_POOL)
        site.command(DEPLOY)
        yield site


@pytest.fixture
def machines(tmp_path: Path, own_site: Site) -> Iterator[tuple[Machine, Machine]]:
    with RedisServer(tmp_path / "redis") as redis:
        first, second = (Machine(tmp_path / name, own_site, redis) for name in ("one", "two"))
        yield first, second
        first.lose()
        second.lose()


def test_a_part_whose_worker_is_lost_is_taken_up_by_the_other(
    own_site: Site, machines: tuple[Machine, Machine], provider: Simulator, tmp_path: Path
) -> None:
    """What the dead had paid is not paid again; both parts, merged, are the whole job. Whichever
    is in the middle of a part is lost: the other may have ended its own, or not begun."""
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(PROBLEMS)])
    with (tmp_path / "parts.log").open("wb") as log:
        parts = subprocess.Popen(
            ("sft-collect", "parts", "2", "--api-type", "openai", "--model", "m",
             "--problems", str(problems), "--base-url", provider.base_url,
             "--max-concurrency", str(IN_FLIGHT), "--shard-size", "5"),
            cwd=tmp_path, env=own_site.environment, stdout=log, stderr=log,
        )  # fmt: skip
    wait_until(lambda: provider.counts[200] >= PROBLEMS / 4 and any(m.is_at_work for m in machines))
    lost, left = sorted(machines, key=lambda machine: not machine.is_at_work)
    lost.lose()
    crashed = {"type": "CRASHED", "message": "what the automation says after ten minutes"}
    for each in own_site.stored("flow_runs", flow_runs={"state": {"type": {"any_": ["RUNNING"]}}}):
        own = each["parameters"].get("part")
        if own and own not in _parts_of(left, own_site):
            own_site.post(f"flow_runs/{each['id']}/set_state", {"state": crashed, "force": True})
    assert parts.wait(300) == 0, (tmp_path / "parts.log").read_text()
    assert sorted(run["run"]["settings"]["part"] for run in left.stats()) == ["1/2", "2/2"]
    assert PROBLEMS <= provider.counts.total() <= PROBLEMS + IN_FLIGHT
    attempts = map(str, left.output.glob("attempts/*.jsonl"))
    merged = run(
        "sft-collect", "rebuild", *attempts, "--output-dir", "merged", cwd=tmp_path,
        environment=own_site.environment,
    )  # fmt: skip
    assert merged.exit_code == 0, merged.output
    (rows,) = (tmp_path / "merged").glob("sft_data_*.jsonl")
    assert len(rows.read_bytes().splitlines()) == PROBLEMS
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and "redis" not in path.parts]
    assert not [path for path in kept if PASSWORD.encode() in path.read_bytes()]
    for kind in ("flow_runs", "logs", "artifacts", "deployments"):
        assert PASSWORD not in str(own_site.stored(kind)), kind


def test_a_job_that_is_cancelled_in_the_ui_ends_its_parts(
    own_site: Site, machines: tuple[Machine, Machine], provider: Simulator, tmp_path: Path
) -> None:
    """By itself, as by SIGTERM: nothing goes on paying for a job that somebody has ended."""
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(10 * PROBLEMS)])
    with (tmp_path / "parts.log").open("wb") as log:
        parts = subprocess.Popen(
            ("sft-collect", "parts", "3", "--api-type", "openai", "--model", "m",
             "--problems", str(problems), "--base-url", provider.base_url,
             "--max-concurrency", str(IN_FLIGHT)),
            cwd=tmp_path, env=own_site.environment, stdout=log, stderr=log,
        )  # fmt: skip
    wait_until(lambda: provider.counts[200] >= IN_FLIGHT)
    (job,) = own_site.stored("flow_runs", flow_runs={"name": {"any_": ["3 parts"]}})
    own_site.post(f"flow_runs/{job['id']}/set_state", {"state": {"type": "CANCELLING"}})
    assert parts.wait(120) == ENDED_BY_SIGTERM
    said = (tmp_path / "parts.log").read_text()
    assert "3 parts not at the end: cancelled, what was paid is kept." in said
    assert "Traceback" not in said
    ends = {own_site.ended(each["id"])["type"] for each in own_site.stored("flow_runs")
            if each["id"] == job["id"] or each["parent_task_run_id"]}  # fmt: skip
    assert ends == {"CANCELLED"}
    assert provider.counts[200] < 10 * PROBLEMS


def _parts_of(machine: Machine, site: Site) -> set[str]:
    """What runs on it: each of its processes knows its run by its id."""
    mine = f"OUTPUT_DIR={machine.output}".encode()
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        ids = [value for name, _, value in (v.partition(b"=") for v in variables)
               if name == b"PREFECT__FLOW_RUN_ID"]  # fmt: skip
        if mine in variables and ids:
            found.add(site.read(f"flow_runs/{ids[0].decode()}")["parameters"]["part"])
    return found
