"""A run that buys by batch: the rows of one that buys online, for half."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pettingllms.errors import SettingError
from pettingllms.run.batches import BatchProgress, Submitted, buy_by_batch
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve
from pettingllms.simulator import ChatBody, FunctionAnswers, Reply, Simulator, SimulatorThread
from tests.flows.conftest import add_problem, right_answer, rows_of, write_problems

MODELS = {"openai": "gpt-4o-mini", "claude": "claude-sonnet-4-5"}
PROBLEMS = [add_problem(number) for number in range(20)]


def answer(body: ChatBody) -> Reply | str:
    """Right at once for seven of ten problems, and for all after a repair turn."""
    if body.messages[0].content.startswith("You grade"):
        return "Good.\nScore: 9"
    number = int(body.first_user_content.split()[-1].rstrip("."))
    text = right_answer(body)
    is_solved = number % 10 < 7 or body.assistant_messages
    return text if is_solved else text.replace("x +", "x -")


@pytest.fixture(params=MODELS)
def api_type(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with SimulatorThread(Simulator(FunctionAnswers(answer))) as simulator:
        yield simulator


Run = Callable[..., Report | Submitted]


@pytest.fixture
def run(tmp_path: Path, provider: Simulator, api_type: str) -> Run:
    file = write_problems(tmp_path / "p.jsonl", PROBLEMS)
    is_openai = api_type == "openai"
    given = {
        "api_type": api_type, "model": MODELS[api_type], "problems": str(file), "max_turns": 2,
        "base_url": provider.base_url if is_openai else provider.anthropic_base_url,
        "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"),
        "shard_size": 7,
    }  # fmt: skip

    async def one(changes: dict[str, Any]) -> Report | Submitted:
        killed_by = changes.pop("killed_by", None)
        checked = check(resolve(given | changes).settings, "key")
        if checked.settings.batch:
            submitted = await buy_by_batch(checked, "run", BatchProgress())
            if submitted is not None:
                return submitted
        async with open_collection(checked, "run") as collection:
            if killed_by is not None:
                raise killed_by
            return await collection.run()

    def run(name: str = "out", **changes: Any) -> Report | Submitted:
        places = {"output_dir": str(tmp_path / name), "cache_dir": str(tmp_path / f"{name}-cache")}
        return asyncio.run(one(places | changes))

    return run


def report_of(ended: Report | Submitted) -> Report:
    assert isinstance(ended, Report)
    return ended


def without_buyer(row: dict[str, Any]) -> dict[str, Any]:
    """But for who paid, and when."""
    metadata = {k: v for k, v in row["metadata"].items() if k not in ("run_id", "created_at")}
    return row | {"metadata": metadata}


def tiers(provider: Simulator) -> dict[str, int]:
    found: dict[str, int] = {}
    for charge, times in provider.charges.items():
        found[charge.tier] = found.get(charge.tier, 0) + times
    return found


def test_the_same_rows_for_half(run: Run, provider: Simulator) -> None:
    """All turns by batch cost half of all turns online, and the stats say so."""
    online = report_of(run("online"))
    provider.charges.clear()
    batch = report_of(run("batch", batch=True, batch_repairs=True))
    assert tiers(provider) == {"batch": 26}
    assert [*map(without_buyer, rows_of(batch))] == [*map(without_buyer, rows_of(online))]
    assert batch.stats.cost.usd == pytest.approx(online.stats.cost.usd / 2)
    assert batch.stats.requests_sent == online.stats.requests_sent == 26


def test_repair_turns_go_online_where_nothing_else_is_said(run: Run, provider: Simulator) -> None:
    stats = report_of(run(batch=True)).stats
    assert tiers(provider) == {"batch": 20, "default": 6}
    assert stats.accepted == 20


def test_a_run_that_does_not_wait_is_submitted(run: Run, provider: Simulator) -> None:
    """It leaves no files; the next one takes the results, and has them on its bill."""
    ended = run(batch=True, batch_wait=0, max_cost_usd=5.0)
    assert isinstance(ended, Submitted)
    assert ended.exit_code == 7
    assert "1 of 1 under way, 0 of 20 requests" in ended.message
    report = report_of(run(batch=True, max_turns=1))
    assert report.stats.requests_sent == 20
    assert report.stats.cost.usd > 0
    assert tiers(provider) == {"batch": 20}


def test_an_online_run_leaves_to_a_batch_what_it_holds(run: Run, provider: Simulator) -> None:
    run(batch=True, batch_wait=0)
    stats = report_of(run()).stats
    assert stats.failed == {"in_batch": 20}
    assert tiers(provider) == {}


def test_a_bill_of_batches_is_on_one_run(run: Run) -> None:
    """A second run finds all in the cache, for nothing."""
    first = report_of(run(batch=True, batch_repairs=True)).stats
    second = report_of(run(batch=True, batch_repairs=True)).stats
    assert first.requests_sent == 26
    assert (second.requests_sent, second.cost.usd) == (0, 0.0)


@pytest.mark.parametrize("other", ["deepseek", "local"])
def test_a_provider_without_batches_is_refused(tmp_path: Path, other: str) -> None:
    file = write_problems(tmp_path / "p.jsonl", PROBLEMS[:1])
    given = {"api_type": other, "problems": str(file), "batch": True, "model": "some"}
    with pytest.raises(SettingError, match=f"{other} takes no batches"):
        check(resolve(given).settings, "key")


def test_the_batches_of_a_killed_run_are_on_the_next_bill(run: Run) -> None:
    """It had taken their bill, and left none itself: the next run has it, and the one after that
    has nothing."""

    with pytest.raises(SystemExit):
        run(batch=True, max_turns=1, killed_by=SystemExit())
    second = report_of(run(batch=True, max_turns=1)).stats
    third = report_of(run(batch=True, max_turns=1)).stats
    assert (second.requests_sent, third.requests_sent) == (20, 0)
    assert second.cost.usd > 0
    assert third.cost.usd == 0


def test_what_a_batch_has_lost_is_perhaps_billed(run: Run, provider: Simulator) -> None:
    """A line of its results is torn: one run's stats say what it may have cost, and only one's; the
    bill is then within them."""
    provider._batches._shop._script[:] = [{"torn-line"}]  # pyright: ignore[reportPrivateUsage]
    first, second = (report_of(run(batch=True, max_turns=1)).stats for _ in range(2))
    perhaps = first.cost.perhaps_billed
    assert (perhaps.sends, second.cost.perhaps_billed.sends) == (1, 0)
    assert perhaps.usd > 0
    assert first.requests_sent == 19
    billed = sum(times for times in tiers(provider).values())
    assert billed == 20


@pytest.mark.parametrize("fault", ["failed-request", "results-gone"])
def test_a_batch_that_is_held_is_perhaps_billed(run: Run, provider: Simulator, fault: str) -> None:
    """Where nobody can tell whether it was created, and where its answers are nowhere: in one run's
    stats at its worst."""
    provider._batches._shop._script[:] = [{fault}]  # pyright: ignore[reportPrivateUsage]
    first, second = (report_of(run(batch=True, max_turns=1)).stats for _ in range(2))
    assert first.failed == second.failed == {"in_batch": 20}
    perhaps = first.cost.perhaps_billed
    assert (perhaps.sends, second.cost.perhaps_billed.sends) == (20, 0)
    assert perhaps.usd > 0
