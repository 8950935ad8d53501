"""Whatever ends a run, what it has sent and paid is on a bill, once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.cache.store import Store
from pettingllms.errors import OutputError
from pettingllms.export import iter_attempts
from pettingllms.local.training.rows import newest_export
from pettingllms.providers.pricing import completion_cost_usd
from pettingllms.run.check import check
from pettingllms.run.collection import Collection, Report
from pettingllms.run.journal import unfinished_runs
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve
from pettingllms.simulator import FunctionAnswers, Hang, Simulator, SimulatorThread
from pettingllms.tools.cache import Selection, referenced_keys
from pettingllms.tools.report.run import find_run
from pettingllms.utils.api_client import resolve_config
from tests.flows.conftest import add_problem, right_answer, write_problems
from tests.processes import ROOT, wait_until

PROBLEMS = 6
SHARD_SIZE = 2
MODEL = "gpt-4o"
RUN = """
import asyncio, sys, orjson
from pettingllms.run.check import check
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve

async def run():
    checked = check(resolve(orjson.loads(sys.argv[1])).settings)
    async with open_collection(checked, sys.argv[2]) as collection:
        await collection.run()

asyncio.run(run())
"""


class Provider(Simulator):
    """Says nothing to what `hangs` holds of."""

    def __init__(self) -> None:
        self.hangs: Callable[[str], bool] = lambda _: False
        super().__init__(FunctionAnswers(self._completion_for), models=(MODEL,))

    def _completion_for(self, body: Any) -> str | Hang:
        return Hang() if self.hangs(body.first_user_content) else right_answer(body)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with SimulatorThread(Provider()) as simulator:
        yield simulator  # type: ignore[misc]


@pytest.fixture
def given(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-tests-only")
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(PROBLEMS)])
    return {
        "api_type": "openai", "base_url": provider.base_url, "problems": str(problems),
        "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"),
        "shard_size": SHARD_SIZE, "model": MODEL,
    }  # fmt: skip


def run(
    given: dict[str, Any],
    run_id: str,
    how: Callable[[Collection], Awaitable[Report]] = Collection.run,
) -> Report:
    async def collect() -> Report:
        async with open_collection(check(resolve(given).settings), run_id) as collection:
            return await how(collection)

    return asyncio.run(collect())


def killed(
    given: dict[str, Any], provider: Provider, run_id: str, after: int, shards: int = 0
) -> None:
    """A run that is killed with -9 once so many requests were answered, and shards finished."""
    answered_before = provider.counts[200]
    arguments = (sys.executable, "-c", RUN, orjson.dumps(given).decode(), run_id)
    process = subprocess.Popen(arguments, cwd=ROOT)
    wait_until(lambda: provider.counts[200] >= answered_before + after)
    wait_until(lambda: in_cache(given) >= answered_before + after)
    wait_until(lambda: finished(given) >= shards)
    process.send_signal(signal.SIGKILL)
    process.wait()


def in_cache(given: dict[str, Any]) -> int:
    with closing(ResponseCache(Path(given["cache_dir"]))) as cache:
        return len(cache)


def finished(given: dict[str, Any]) -> int:
    """Shards whose attempts and rows are kept."""
    with closing(Store(Path(given["cache_dir"]) / "finished")) as store:
        return len(list(store.entries())) // 2


def cache_usd(given: dict[str, Any]) -> float:
    """What all answers have cost together."""
    priced = resolve_config("openai", model=MODEL, base_url="http://localhost/v1")
    with closing(ResponseCache(Path(given["cache_dir"]))) as cache:
        costs = [completion_cost_usd(priced, a.completion) for a in cache.entries()]
    return sum(cost or 0.0 for cost in costs)


def bills(given: dict[str, Any]) -> list[dict[str, Any]]:
    files = sorted(Path(given["output_dir"]).glob("*_stats.json"))
    return [orjson.loads(file.read_bytes()) for file in files]


def check_that_all_is_billed_once(given: dict[str, Any]) -> None:
    stats = bills(given)
    total_usd = cache_usd(given)
    assert total_usd > 0
    assert sum(each["cost"]["usd"] for each in stats) == pytest.approx(total_usd)
    assert sum(each["requests_sent"] for each in stats) == in_cache(given)
    for each in stats:
        assert sum(each["requests_by_turn"].values()) == each["requests_sent"]
        assert sum(each["usd_by_turn"].values()) == pytest.approx(each["cost"]["usd"])


async def broken_off_in_the_second_shard(collection: Collection) -> Report:
    """One shard is written, one judged, one answered."""
    first, second, third = collection.shards()
    await collection.write(await collection.validate(first, await collection.generate(first)))
    await collection.validate(second, await collection.generate(second))
    await collection.generate(third)
    return collection.break_off()


def test_a_run_that_is_broken_off_has_its_bill_and_what_was_judged(given: dict[str, Any]) -> None:
    """The next one pays nothing, and is the newest that has come to its end."""
    report = run(given, "first", broken_off_in_the_second_shard)
    assert report.stats.run.stopped_by == "interrupted"
    assert (report.stats.requests_sent, report.stats.samples) == (PROBLEMS, 4)
    assert len(list(iter_attempts(report.files.attempts))) == 4
    check_that_all_is_billed_once(given)
    assert not report.files.sft.exists()
    with pytest.raises(OutputError):
        newest_export(report.files.output_dir)

    whole = run(given, "second")
    assert (whole.stats.requests_sent, whole.stats.answered_from_cache) == (0, PROBLEMS)
    assert newest_export(report.files.output_dir) == whole.files.sft
    check_that_all_is_billed_once(given)

    run(given | {"num_episodes": 2}, "third", lambda c: asyncio.to_thread(c.break_off))
    assert find_run(report.files.output_dir) == whole.files
    assert newest_export(report.files.output_dir) == whole.files.sft


def test_a_killed_run_s_bill_is_the_next_one_s(
    given: dict[str, Any], provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    """Also of answers that it does not use, and where it is killed itself; each counts once."""
    provider.hangs = lambda prompt: f"x + {PROBLEMS - 1}." in prompt
    killed(given, provider, "a", after=PROBLEMS - 1)
    assert bills(given) == []
    given["problems"] = str(
        write_problems(
            Path(given["problems"]).with_name("q.jsonl"), [add_problem(n) for n in (0, 7, 5)]
        )
    )
    killed(given, provider, "b", after=1)
    assert bills(given) == []

    provider.hangs = lambda _: False
    report = run(given, "c")
    assert report.stats.run.carried_over == {"a": PROBLEMS - 1, "b": 1}
    assert "was killed before it wrote its bill" in caplog.text
    assert report.stats.answered_from_cache == 0
    check_that_all_is_billed_once(given)
    assert run(given, "d").stats.run.carried_over == {}
    check_that_all_is_billed_once(given)


def test_what_a_killed_run_has_finished_is_paid_by_the_next_one(
    given: dict[str, Any], provider: Provider
) -> None:
    """A finished shard is taken whole, but not its answers for nothing; later it is, with them."""
    provider.hangs = lambda prompt: f"x + {PROBLEMS - 1}." in prompt
    killed(given, provider, "a", after=PROBLEMS - 1, shards=2)
    provider.hangs = lambda _: False
    stats = run(given, "b").stats
    assert (stats.requests_sent, stats.answered_from_cache) == (PROBLEMS, 0)
    check_that_all_is_billed_once(given)
    assert run(given, "c").stats.answered_from_cache == PROBLEMS


def test_the_same_run_tried_again_counts_what_its_first_try_paid(
    given: dict[str, Any], provider: Provider
) -> None:
    """As an orchestrator does it with a run whose process was killed."""
    provider.hangs = lambda prompt: "x + 3." in prompt
    killed(given, provider, "same", after=3)
    provider.hangs = lambda _: False
    report = run(given, "same")
    assert report.stats.requests_sent == PROBLEMS
    check_that_all_is_billed_once(given)


def test_what_an_unfinished_run_has_paid_is_not_taken_for_useless(
    given: dict[str, Any], provider: Provider
) -> None:
    """Neither while it runs, nor once it was killed or interrupted; a complete one sets it free."""
    run(given | {"num_episodes": 1}, "whole")
    folder, output = Path(given["cache_dir"]), Path(given["output_dir"])

    def droppable() -> int:
        among = referenced_keys([output])
        chosen = Selection(not_among=among, unfinished=unfinished_runs(folder))
        with closing(ResponseCache(folder)) as cache:
            return sum(map(chosen.has, cache.entries()))

    async def look_in_between(collection: Collection) -> Report:
        first, *_ = collection.shards()
        await collection.generate(first)
        assert unfinished_runs(folder) == {"interrupted"}
        assert droppable() == 0
        return collection.break_off()

    run(given, "interrupted", look_in_between)
    assert droppable() == 0
    provider.hangs = lambda prompt: "x + 3." in prompt  # so that no shard ends and is referred to
    killed(given, provider, "killed", after=1)
    assert droppable() == 0
    provider.hangs = lambda _: False
    run(given | {"num_episodes": 2}, "shorter")
    assert unfinished_runs(folder) == frozenset()
    assert droppable() > 0
