"""`python -m deployments.automations`: the automations it makes; one fired by a run that fails.

That the other one marks a silent run as crashed takes ten minutes, and is tried by hand.
"""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import orjson
import pytest

from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import right_answer
from tests.flows.test_nights_page import nights_before
from tests.processes import run, wait_until

from .site import KEY, Site

EACH = {"max_turns": 1, "num_episodes": 9}

pytestmark = pytest.mark.operations


class Hook(ThreadingHTTPServer):
    """What a chat's webhook is: it keeps what is posted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Post)
        self.posted: list[bytes] = []


class Post(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        assert self.headers["Content-Type"] == "application/json"
        self.server.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_failed_night_is_posted_where_the_team_reads(
    site: Site, hook: Hook, tmp_path: Path
) -> None:
    """Set up twice, posted once: the run's name, its state and why, without the key. A late night
    is called by its deployment; what fails by hand alarms nobody."""
    make = f"python -m deployments.automations --webhook http://127.0.0.1:{hook.server_port}/"
    site.command(make)
    site.command(make)
    silence, *_ = sorted(site.stored("automations"), key=lambda automation: automation["name"])
    assert "prefect.flow-run.Partial" in silence["trigger"]["expect"]
    assert silence["actions"][0]["state"] == "CRASHED"
    provider = Simulator(FunctionAnswers(right_answer), models=("m",), keys={"another key"})
    with SimulatorThread(provider) as simulator:
        failed = site.begin(simulator, tmp_path, range(3))
        assert site.ended(failed)["type"] == "FAILED"
    assert provider.requests[-1].headers["Authorization"] == f"Bearer {KEY}"
    wait_until(lambda: len(hook.posted) > 0)
    text = orjson.loads(hook.posted[0])["text"]
    assert text.startswith("openai m p.jsonl, ")
    assert ": Failed. The API key for openai was refused" in text
    assert KEY not in text

    openai = site.read("deployments/name/sft-collect/openai")["id"]
    due = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2100-01-01T00:00:00Z"}}
    late = site.post(f"deployments/{openai}/create_flow_run", {"state": due})["id"]
    site.post(f"flow_runs/{late}/set_state", {"state": {**due, "name": "Late"}, "force": True})
    wait_until(lambda: len(hook.posted) > 1)
    assert orjson.loads(hook.posted[1])["text"] == (
        "sft-collect/openai: Late. No worker has taken it since 2100-01-01 00:00:00+00:00; is one"
        " at work for the pool sft?"
    )

    given = site.parameters(simulator, tmp_path, range(3))
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    ended = run(
        "sft-collect", "--api-type", "openai", *flags, cwd=tmp_path, environment=site.environment
    )
    assert ended.exit_code != 0
    tried = [each["state"] for each in site.stored("flow_runs") if each["deployment_id"] is None]
    assert all((s["type"], s["name"]) == ("CANCELLED", "Failed by hand") for s in tried)
    assert len(hook.posted) == 2


def test_an_unusual_night_is_posted_with_its_numbers(
    site: Site, hook: Hook, tmp_path: Path
) -> None:
    """Once, with the range and the nights that it comes from."""
    site.command(
        f"python -m deployments.automations --webhook http://127.0.0.1:{hook.server_port}/"
    )
    knows = [True]

    def answer(body: ChatBody) -> str:
        return right_answer(body) if knows else "I would rather not."

    provider = Simulator(FunctionAnswers(answer), models=("m",))
    with SimulatorThread(provider) as simulator:
        assert site.ended(site.begin(simulator, tmp_path, range(9), **EACH))["type"] == (
            "COMPLETED"
        )
        nights_before(next(tmp_path.glob("sft_data_*_stats.json")), 8)
        knows.clear()
        site.ended(site.begin(simulator, tmp_path, range(20, 29), **EACH))
    wait_until(lambda: any(b"Unusual" in posted for posted in hook.posted))
    (text,) = (orjson.loads(posted)["text"] for posted in hook.posted if b"Unusual" in posted)
    assert text.startswith("openai m p.jsonl, ")
    assert ": Unusual. The acceptance is 0.0%, usually 70.0% to 100.0% (median 100.0%)" in text
