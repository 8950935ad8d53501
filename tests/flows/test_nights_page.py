"""A run among the nights of its job: its report is linked, and what is unusual is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest

from flows.cli import main
from pettingllms.run.collection import Report
from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread
from tests.object_store import Bucket
from tests.processes import wait_until

from .conftest import Collector, of_run, right_answer, stored

URL = "https://nights.example.com/sft"


def artifacts_of(prefect: str, report: Report) -> dict[str, Any]:
    return {each["key"]: each["data"] for each in stored(prefect, "artifacts", of_run(report))}


def nights_before(stats_file: Path, count: int) -> None:
    """As many, each as the run of these stats."""
    stats = orjson.loads(stats_file.read_bytes())
    for day in range(1, count + 1):
        stats["run"]["started_at"] = f"2026-01-{day:02}T01:00:00+00:00"
        name = f"sft_data_202601{day:02}_010000_stats.json"
        stats_file.with_name(name).write_bytes(orjson.dumps(stats))


async def test_an_unusual_night_is_told(
    tmp_path: Path, prefect: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On its page with the nights before, in its log, and by an event with the numbers."""
    knows = True

    def answer(body: ChatBody) -> str:
        return right_answer(body) if knows else "I would rather not."

    with SimulatorThread(Simulator(FunctionAnswers(answer), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        first = await collector.collect(range(9), max_turns=1)
        assert len(artifacts_of(prefect, first)["sft-collect-history"]) > 0
        nights_before(first.files.stats, 8)
        knows = False
        second = await collector.collect(range(20, 29), max_turns=1)
    table = orjson.loads(artifacts_of(prefect, second)["sft-collect-history"])
    assert [row["accepted"] for row in table[:2]] == ["0 of 9 (0.0%)", "9 of 9 (100.0%)"]
    assert len(table) == 10
    assert "The acceptance is 0.0%, usually 70.0% to 100.0%" in caplog.text
    own = f"prefect.flow-run.{second.stats.run.run_id}"

    def of_the_second() -> list[dict[str, Any]]:
        return [e for e in _events(prefect) if e["resource"]["prefect.resource.id"] == own]

    wait_until(lambda: len(of_the_second()) > 0)
    (event,) = of_the_second()
    assert event["payload"]["value"] == 0.0
    assert event["payload"]["before"] == [1.0] * 9


def _events(api_url: str) -> list[dict[str, Any]]:
    """Those that say that a night is unusual."""
    wanted = {"filter": {"event": {"name": ["sft-collect.unusual"]}}, "limit": 50}
    request = Request(
        f"{api_url}/events/filter",
        data=orjson.dumps(wanted),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=30) as response:
        return orjson.loads(response.read())["events"]


async def test_the_page_links_to_the_report(collector: Collector, prefect: str) -> None:
    """Written by the run, and found by its name under the URL."""
    report = await collector.collect(range(3), report_url=f"{URL}/", price="in=1000,out=2000")
    page = report.files.output_dir / f"sft_data_{report.files.stamp}_report.html"
    assert page.is_file()
    summary = artifacts_of(prefect, report)["sft-collect-summary"]
    assert f"[The report of this run]({URL}/{page.name})" in summary
    assert re.search(r"\| \$ an accepted row \| 0\.\d*[1-9]\d* \|", summary)


async def test_without_a_url_there_is_no_report(collector: Collector, prefect: str) -> None:
    report = await collector.collect(range(3))
    assert not [*report.files.output_dir.glob("*.html")]
    assert "The report of this run" not in artifacts_of(prefect, report)["sft-collect-summary"]


async def test_the_report_goes_where_the_results_go(
    collector: Collector, prefect: str, bucket: Bucket
) -> None:
    """And the nights are read from there."""
    where = {"output_dir": f"{bucket.url}/out", "report_url": URL}
    first = await collector.collect(range(3), **where)
    second = await collector.collect(range(4), **where)
    assert f"out/sft_data_{second.files.stamp}_report.html" in bucket.objects()
    table = orjson.loads(artifacts_of(prefect, second)["sft-collect-history"])
    assert [row["sent"] for row in table] == ["1", "3"]
    assert first.files.destination == f"{bucket.url}/out"


@pytest.mark.parametrize("url", ["s3://bucket/x", "nights.example.com", "https://u:p@host/x"])
def test_a_url_that_no_browser_reads(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Or that holds a password, is refused."""
    assert main(["--report-url", url, "--dry-run"]) == 2
    said = capsys.readouterr().err
    assert "report_url" in said.lower()
    assert "u:p" not in said
