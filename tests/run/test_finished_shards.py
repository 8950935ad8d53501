"""Shards that an earlier run finished, against runs that work them out anew."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.errors import DuplicateProblemError
from pettingllms.export import Tally, decode_attempt
from pettingllms.problems import Row, digest_of, reading
from pettingllms.records import Attempt, Outcome, Quota
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.finished_shards import FinishedShards, JudgedShard, forget_finished
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.export.attempt_samples import answered
from tests.flows.conftest import add_problem, right_answer, write_problems
from tests.flows.test_private_problems import TOKEN

Collect = Callable[..., Report]
SHARD_SIZE = 2


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("gpt-4o",))) as simulator:
        yield simulator


@pytest.fixture
def collect(tmp_path: Path, provider: Simulator) -> Collect:
    """A run of the library over `problems` (numbers), or over the file as it is. `meanwhile` is
    done once the problems have been checked."""
    file = tmp_path / "p.jsonl"
    given = {
        "api_type": "openai", "base_url": provider.base_url, "problems": str(file),
        "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"),
        "shard_size": SHARD_SIZE,
    }  # fmt: skip

    async def run(
        run_id: str, changes: dict[str, object], meanwhile: Callable[[], object]
    ) -> Report:
        checked = check(resolve(given | changes).settings)
        meanwhile()
        async with open_collection(checked, run_id) as collection:
            return await collection.run()

    def collect(
        run_id: str,
        problems: range | None = None,
        meanwhile: Callable[[], object] = lambda: None,
        **changes: object,
    ) -> Report:
        if problems is not None:
            write_problems(file, [add_problem(n) for n in problems])
        return asyncio.run(run(run_id, changes, meanwhile))

    return collect


def forget(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "cache" / "finished")


def counts_of(report: Report) -> dict[str, object]:
    stats = orjson.loads(report.files.stats.read_bytes())
    return {name: value for name, value in stats.items() if name != "run"}


def attempts_of(report: Report) -> bytes:
    run_id = report.stats.run.run_id.encode()
    return report.files.attempts.read_bytes().replace(
        b'"run_id":"%b","sample"' % run_id, b'"run_id":"","sample"'
    )


def test_what_was_finished_comes_out_as_if_worked_out_anew(
    collect: Collect, provider: Simulator, tmp_path: Path
) -> None:
    """Attempts, rows and stats; the run that paid stays named in them."""
    first = collect("first", range(5))
    again = collect("again")
    forget(tmp_path)
    anew = collect("anew")
    assert attempts_of(again) == attempts_of(anew)
    assert again.files.sft.read_bytes() == anew.files.sft.read_bytes()
    assert again.files.sft.read_bytes() == first.files.sft.read_bytes()
    assert counts_of(again) == counts_of(anew)
    assert {a.run_id for a in map(decode_attempt, again.files.attempts.open("rb"))} == {"again"}
    assert provider.counts[200] == 5


def test_it_is_not_worked_out_anew(collect: Collect, tmp_path: Path) -> None:
    """The answers themselves may be gone: a run over finished shards does not look at them."""
    collect("first", range(5))
    (tmp_path / "cache" / "cache.db").unlink()
    again = collect("again")
    assert (again.stats.accepted, again.stats.answered_from_cache) == (5, 5)
    assert again.stats.requests_sent == 0


def test_only_what_has_changed_is_worked_out(
    collect: Collect, provider: Simulator, tmp_path: Path
) -> None:
    """New problems at the end; one that reads differently; another setting."""
    collect("first", range(4))
    assert collect("more", range(6)).stats.requests_sent == 2
    problems = [add_problem(n) for n in range(6)]
    problems[3]["tests"][0]["expected"] = "another"
    write_problems(tmp_path / "p.jsonl", problems)
    changed = collect("changed", max_turns=1)
    assert (changed.stats.accepted, changed.stats.rejected) == (5, {"wrong_answer": 1})
    assert collect("longer", range(6), max_tokens=4000).stats.requests_sent == 6
    assert provider.counts[200] == 12


@pytest.mark.parametrize(
    "changes",
    [{"format": "sharegpt"}, {"format": "parquet"}, {"reasoning": True}, {"dedup": 1.0}],
    ids=str,
)
def test_rows_in_another_form_are_made_of_what_was_finished(
    collect: Collect, provider: Simulator, tmp_path: Path, changes: dict[str, object]
) -> None:
    """The first time, and again when they are kept in that form too."""
    collect("first", range(5))
    found = [collect(name, **changes).files.sft.read_bytes() for name in ("turned", "again")]
    forget(tmp_path)
    assert found == [collect("anew", **changes).files.sft.read_bytes()] * 2
    assert provider.counts[200] == 5


def test_what_was_checked_is_what_is_used(collect: Collect, tmp_path: Path) -> None:
    """Whatever becomes of the file meanwhile: few records are read once, and parsed once."""
    report = collect("checked", range(4), (tmp_path / "p.jsonl").unlink)
    assert report.stats.accepted == 4
    again = collect("again", range(4), (tmp_path / "p.jsonl").unlink)
    assert (again.stats.accepted, again.stats.requests_sent) == (4, 0)


def test_what_changes_after_the_check_is_not_kept_as_what_was_checked(
    collect: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more records than are kept: it is judged as it is then; another run of what was checked
    knows nothing of it."""
    monkeypatch.setattr(reading, "FEW", 1)
    problems = [add_problem(n) for n in range(4)]
    problems[3]["tests"][0]["expected"] = "another"
    changed = collect(
        "changed", range(4), lambda: write_problems(tmp_path / "p.jsonl", problems), max_turns=1
    )
    assert (changed.stats.accepted, changed.stats.rejected) == (3, {"wrong_answer": 1})
    assert collect("again", range(4), max_turns=1).stats.accepted == 4


def test_what_becomes_private_after_the_check_is_held_back(
    collect: Collect, provider: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more records than are kept: those that have been looked through are not trusted once they
    read differently."""
    monkeypatch.setattr(reading, "FEW", 1)
    problems = [add_problem(n) for n in range(3)]
    problems[1]["prompt"] = f"With {TOKEN}, {problems[1]['prompt']}"
    report = collect("changed", range(3), lambda: write_problems(tmp_path / "p.jsonl", problems))
    assert report.stats.failed == {"private": 1}
    assert provider.counts[200] == 2


def test_known_problems_are_still_checked_for_what_is_new(collect: Collect, tmp_path: Path) -> None:
    """An id that comes twice."""
    collect("first", range(4))
    collect("again")
    with (tmp_path / "p.jsonl").open("a") as file:
        file.write(orjson.dumps(add_problem(0)).decode() + "\n")
    with pytest.raises(DuplicateProblemError, match="add-0"):
        collect("doubled")


def test_what_is_held_back_is_told_each_time(
    collect: Collect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without being looked for again."""
    problems = [add_problem(n) for n in range(3)]
    problems[1]["prompt"] = f"With {TOKEN}, {problems[1]['prompt']}"
    write_problems(tmp_path / "p.jsonl", problems)
    reports = [collect(name) for name in ("first", "again")]
    assert [report.stats.failed for report in reports] == [{"private": 1}] * 2
    assert sum("1 problem is held back" in record.message for record in caplog.records) == 2
    assert reports[1].stats.answered_from_cache == 2


def test_forgetting_makes_it_new(collect: Collect, tmp_path: Path) -> None:
    """As `cache prune` does."""
    collect("first", range(2))
    (tmp_path / "cache" / "cache.db").unlink()
    forget_finished(tmp_path / "cache")
    assert collect("again").stats.requests_sent == 2


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FinishedShards]:
    folder = tmp_path_factory.mktemp("cache")
    shards = FinishedShards(folder, "conditions", "messages", "this")
    yield shards
    shards.close()


def kept(shards: FinishedShards, *attempts: Attempt) -> list[Attempt] | None:
    digest = repr(attempts)
    asyncio.run(shards.keep(JudgedShard.of(1, digest, attempts, Quota(1)), None))
    found = shards.find(1, digest)
    return found and [*found.attempts]


def test_counts_are_kept_as_if_nothing_had_been_paid(shards: FinishedShards) -> None:
    """They are made once, of what this run paid; a later run finds all of it in the cache."""
    paid = (
        replace(answered(), cost_usd=0.25, retries={"rate_limited": 2}),
        replace(answered(), problem_id="p2", cost_usd=0.5),
    )
    digest = "of both"
    asyncio.run(shards.keep(JudgedShard.of(1, digest, paid, Quota(1)), None))
    found = shards.find(1, digest)
    assert found is not None
    assert found.counts.answered_from_cache == 2
    later = Tally(Quota(1))
    later.add(found.attempts)
    assert later.kept() == found.counts
    both = Tally(Quota(1))
    both.add(paid)
    merged = Tally(Quota(1))
    for attempt in paid:
        merged.add_tally(JudgedShard.of(1, None, (attempt,), Quota(1)).counted)
    assert (merged.bill, merged.kept(), merged.retries) == (both.bill, both.kept(), both.retries)
    assert merged.usd == 0.75


@given(st.text(st.characters(exclude_categories=("Cs",))) | st.just('"run_id":"(this run)"'))
def test_no_text_is_taken_for_the_name_of_the_run(shards: FinishedShards, text: str) -> None:
    """Whatever a model writes comes back as it was."""
    (attempt,) = kept(shards, answered(text=text)) or ()
    assert attempt.completion is not None
    assert (attempt.completion.text, attempt.completion.cached) == (text, True)
    assert attempt.run_id == "this"


def test_what_may_come_out_otherwise_is_not_kept(shards: FinishedShards) -> None:
    """A sandbox's own failure; a verdict of wall time; a record that is no line of a file."""
    failed = answered(outcome=Outcome.SANDBOX_FAILURE)
    assert kept(shards, failed) is None
    late = answered(outcome=Outcome.TIMEOUT)
    assert late.verdict is not None
    assert kept(shards, late) is not None
    assert kept(shards, replace(late, verdict=replace(late.verdict, by_wall_time=True))) is None
    assert digest_of([Row("p.csv:1", lambda: None)]) is None
