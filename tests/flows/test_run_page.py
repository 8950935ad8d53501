"""The run's page in the UI: its name, what moves, the summary with its picture."""

import base64
import re
import socket
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from flows.page import escaped
from pettingllms.run.collection import Report
from pettingllms.simulator import (
    ChatBody,
    ErrorReply,
    FunctionAnswers,
    Simulator,
    SimulatorThread,
)

from .conftest import Collector, of_run, right_answer, run_of, stored

PICTURE = re.compile(r"!\[.*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)")


def now_and_then(body: ChatBody) -> str:
    """Right, wrong, or no code at all, by the problem."""
    number = int(body.first_user_content.split()[-1].rstrip("."))
    wrong = ("```python\ndef add(x):\n    return 'no'\n```", "I would rather not.")
    return right_answer(body) if number % 3 == 0 else wrong[number % 3 - 1]


@pytest.fixture
async def page(tmp_path: Path, prefect: str) -> dict[str, Any]:
    """The artifacts, by key, and the run, of a run with six problems."""
    with SimulatorThread(Simulator(FunctionAnswers(now_and_then), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        report = await collector.collect(range(6), shard_size=2, max_turns=1)
    artifacts = {each["key"]: each for each in stored(prefect, "artifacts", of_run(report))}
    return {"run": run_of(prefect, report), "report": report, **artifacts}


async def test_the_page_of_a_run(page: dict[str, Any]) -> None:
    """Whoever looks in the morning sees which run it was, how it ended, and where the files are."""
    assert re.fullmatch(r"openai m problems\.jsonl, \d\d \w+ \d\d:\d\d", page["run"]["name"])
    summary = page["sft-collect-summary"]
    assert summary["description"] == page["run"]["state"]["message"]
    for path in (page["report"].files.sft, page["report"].files.stats):
        assert f"`{path.absolute()}`" in summary["data"]
    for said in (
        f"On {socket.gethostname()}:",
        "`openai`, at `http://127.0.0.1:",
        "| model | `m` |",
    ):
        assert said in summary["data"]
    assert "2 of 6 samples accepted, $0.0000" in summary["data"]
    progress = page["sft-collect-progress"]
    assert progress["data"] == 100.0
    assert progress["description"].startswith("6 of 6 samples answered: 2 accepted, 4 rejected")
    (encoded,) = PICTURE.findall(summary["data"])
    drawn = "".join(ElementTree.fromstring(base64.b64decode(encoded)).itertext())
    assert drawn == "accepted2 (33.3%)rejected: no code2 (33.3%)rejected: wrong answer2 (33.3%)"


async def test_failed_problems_are_named_on_the_page(tmp_path: Path, prefect: str) -> None:
    """With the cause; and the run is called what it is."""
    refusal = ErrorReply(400, "too long", code="context_length_exceeded")
    source = FunctionAnswers(
        lambda body: refusal if "x + 2" in body.first_user_content else right_answer(body)
    )
    with SimulatorThread(Simulator(source, models=("m",))) as simulator:
        report = await Collector(tmp_path, simulator.base_url).collect(range(4))
    artifacts = {each["key"]: each for each in stored(prefect, "artifacts", of_run(report))}
    summary = artifacts["sft-collect-summary"]["data"]
    assert "- `add-2`: context length" in summary
    assert summary.startswith("# Partial, 1 sample failed: 3 of 4 samples accepted")
    run = run_of(prefect, report)
    assert (run["state"]["name"], run["tags"]) == ("Partial", ["partial"])


HOSTILE = "no\n# <img src=x onerror=alert(1)> [here](javascript:alert(1)) `code` \x1b[2J \u202e"


async def test_what_a_server_says_is_no_markup_on_the_page(tmp_path: Path, prefect: str) -> None:
    """Neither Markdown nor HTML, and in one line."""
    told = escaped(HOSTILE)
    assert "\n" not in told
    assert not re.search(r"(?<!\\)[<>`#\[\]]", told)
    assert "\\x1b" in told.replace("\\\\", "\\")
    source = FunctionAnswers(lambda _: ErrorReply(429, HOSTILE, code="insufficient_quota"))
    with SimulatorThread(Simulator(source, models=("m",))) as simulator:
        report = await Collector(tmp_path, simulator.base_url).outcome(range(2))
    assert isinstance(report, Report)
    artifacts = {each["key"]: each for each in stored(prefect, "artifacts", of_run(report))}
    summary = artifacts["sft-collect-summary"]
    for text in (summary["data"], summary["description"]):
        assert not re.search(r"(?<!\\)<img", text)
        assert "\x1b" not in text


async def test_the_page_names_the_model_that_was_asked(tmp_path: Path, prefect: str) -> None:
    """Also where nobody has named one."""
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("gpt-4o",))) as simulator:
        report = await Collector(tmp_path, simulator.base_url).collect(range(1), model=None)
    artifacts = {each["key"]: each for each in stored(prefect, "artifacts", of_run(report))}
    assert "| model | `gpt-4o` |" in artifacts["sft-collect-summary"]["data"]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"problems": "a/one.jsonl b.csv c.csv"}, "openai m one.jsonl and 2 more"),
        ({"problems": "data/incoming/*.jsonl"}, "openai m incoming/*.jsonl"),
        ({"model": None, "problems": "none.jsonl"}, "openai gpt-4o none.jsonl"),
        ({"samples": "several"}, "sft-collect"),
    ],
)
async def test_a_run_is_named_by_its_settings(
    collector: Collector, prefect: str, settings: dict[str, Any], name: str
) -> None:
    """Also one that then fails: its problems are not there, or a setting is wrong."""
    await collector.outcome([], **settings)
    newest = {"sort": "START_TIME_DESC", "limit": 1}
    assert stored(prefect, "flow_runs", newest)[0]["name"].partition(", ")[0] == name
