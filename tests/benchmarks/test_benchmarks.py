"""The benchmarks' own machinery, on the smallest sizes: what is measured has the right shape."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import peers
from benchmarks.__main__ import measure
from benchmarks.chart import chart
from benchmarks.peers import CLIENTS, Client, PeerMissingError
from benchmarks.report import GOALS, Measured, markdown
from benchmarks.workloads import QUICK, WORKLOADS

TINY = replace(QUICK, cpu=40, w5=60, own_kills=1, w7=40)


@pytest.fixture(scope="module")
def results() -> dict[str, Measured]:
    clients = {name: CLIENTS[name] for name in ("ours", "aiohttp")}
    return {name: measure(name, clients, TINY) for name in ("cpu", "W5", "W7")}


def test_the_floor_is_what_others_are_measured_by(results: dict[str, Measured]) -> None:
    """Raw aiohttp is there, asked for or not, with a ratio of one."""
    figures = results["cpu"].figures
    assert figures["aiohttp"]["over_aiohttp"] == 1.0
    assert float(figures["ours"]["cpu_us"]) > 0


def test_answers_are_counted_where_they_are_paid(results: dict[str, Measured]) -> None:
    """By the provider, not by the client."""
    assert results["W7"].figures["ours"] == {"requests": 10, "distinct": 10}


def test_a_killed_run_is_finished_by_the_next(results: dict[str, Measured]) -> None:
    """Real processes and a real kill -9."""
    killed = results["W5"].figures["ours"]
    assert killed["kills"] == 1
    assert killed["lost"] == killed["doubled"] == 0


def test_the_page_and_the_chart_show_them(results: dict[str, Measured]) -> None:
    """Whatever was measured, and what a peer failed of; the rest has a dash."""
    results["W7"].figures["litellm"] = {"failure": "no end in 300 s"}
    page = markdown(results)
    assert "500 | 10 | yes" in page
    assert "no end in 300 s" in page
    ElementTree.fromstring(chart(results))


def test_every_goal_names_a_workload() -> None:
    """Else it would stay a dash for ever."""
    assert {goal.workload for goal in GOALS} <= WORKLOADS.keys()


def test_a_peer_that_does_not_install_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Rather than ending the others' run."""
    monkeypatch.setattr(peers, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(peers.venv, "create", lambda folder, **_: folder.mkdir())
    peer = Client("no such peer", "ours", "no-such-peer", ("no-such-peer==1",))
    with pytest.raises(PeerMissingError, match="No such file"):
        peer.prepare()
