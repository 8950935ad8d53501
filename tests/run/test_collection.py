"""The steps of a shard, tried again after an outage: what was paid is not asked for again."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

import pettingllms.run.open
from pettingllms.engine import Engine
from pettingllms.export import Stats
from pettingllms.providers.dispatch import RetryPolicy
from pettingllms.run.check import check
from pettingllms.run.collection import Collection, OutageError
from pettingllms.run.open import open_collection
from pettingllms.run.shards import Shard
from pettingllms.settings import resolve
from pettingllms.simulator import ErrorReply, FunctionAnswers, Reply, Simulator
from tests.flows.conftest import add_problem, right_answer, write_problems

DOWN = ErrorReply(503, "down")
WRONG = "```python\ndef solve(x):\n    return None\n```"


@pytest.fixture(autouse=True)
def _one_send_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine gives up at once."""
    policy = RetryPolicy(attempts=1)
    monkeypatch.setattr(pettingllms.run.open, "Engine", partial(Engine, retry_policy=policy))


@asynccontextmanager
async def opened(
    folder: Path, answer: Callable[..., str | Reply | ErrorReply], **changes: object
) -> AsyncIterator[tuple[Collection, Simulator]]:
    async with Simulator(FunctionAnswers(answer), models=("gpt-4o",)) as simulator:
        given = {
            "api_type": "openai", "base_url": simulator.base_url,
            "problems": str(folder / "p.jsonl"),
            "cache_dir": str(folder / "cache"), "output_dir": str(folder / "out"), **changes,
        }  # fmt: skip
        async with open_collection(check(resolve(given).settings), "run") as collection:
            yield collection, simulator


async def tried_again(collection: Collection) -> Stats:
    """A run whose only shard meets an outage while it is judged."""
    (shard,) = collection.shards()
    assert isinstance(shard, Shard)
    answers = await collection.generate(shard, is_last_try=False)
    with pytest.raises(OutageError, match=r"The first: .*down"):
        await collection.validate(shard, answers, is_last_try=False)
    await collection.write(await collection.validate(shard, answers, is_last_try=False))
    progress = collection.progress
    stats = collection.finish().stats
    assert progress.answered == progress.ended == progress.samples == stats.samples
    assert progress.tally.requests_sent == stats.requests_sent
    return stats


async def test_a_repair_turn_is_tried_again_after_an_outage(tmp_path: Path) -> None:
    """The first turns, and the neighbours, are not asked for again; the bill has what all tries
    paid, and that once."""
    write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(3)])
    outage = iter([DOWN])

    def answer(body) -> str | ErrorReply:
        if len(body.messages) > 2:
            return next(outage, right_answer(body))
        return WRONG if "x + 1" in body.first_user_content else right_answer(body)

    async with opened(tmp_path, answer) as (collection, simulator):
        stats = await tried_again(collection)
        assert simulator.counts == Counter({200: 4, 503: 1})
    assert (stats.accepted, stats.accepted_by_turn) == (3, {0: 2, 1: 1})
    assert (stats.requests_sent, stats.answered_from_cache) == (4, 0)
    assert stats.retries == {"server_error": 1}


async def test_how_many_samples_are_needed_is_known_when_the_outage_is_over(tmp_path: Path) -> None:
    """The first sample fails, the second meets the outage: no third is asked in its stead."""
    write_problems(tmp_path / "p.jsonl", [add_problem(0)])
    script = iter([WRONG, DOWN])

    def answer(body) -> str | ErrorReply:
        return next(script, right_answer(body))

    changes = {"samples": 4, "accept": 1, "max_turns": 1}
    async with opened(tmp_path, answer, **changes) as (collection, simulator):
        stats = await tried_again(collection)
        assert simulator.counts == Counter({200: 2, 503: 1})
    assert (stats.samples, stats.not_needed, stats.accepted) == (2, 2, 1)


async def test_a_grade_is_tried_again_after_an_outage(tmp_path: Path) -> None:
    """The answer stays; only the grade is asked for again."""
    write_problems(tmp_path / "p.jsonl", [{"id": "a", "prompt": "Say hello."}])
    (tmp_path / "rubric.txt").write_text("Friendly.")
    script = iter(["Hello!", DOWN, "Very friendly.\nScore: 9"])
    rubric = str(tmp_path / "rubric.txt")
    async with opened(tmp_path, lambda _: next(script), rubric=rubric) as (collection, simulator):
        stats = await tried_again(collection)
        assert simulator.counts == Counter({200: 2, 503: 1})
    assert stats.accepted_by_verdict == {"rated": 1}
    assert (stats.requests_sent, stats.retries) == (2, {"server_error": 1})


async def test_an_outage_that_lasts_fails_the_row_at_the_last_try(tmp_path: Path) -> None:
    """With its cause, and the samples that are still wanted are asked for."""
    write_problems(tmp_path / "p.jsonl", [add_problem(0)])
    script = iter([WRONG, DOWN, DOWN])

    def answer(body) -> str | ErrorReply:
        return next(script, right_answer(body))

    changes = {"samples": 3, "accept": 1, "max_turns": 1}
    async with opened(tmp_path, answer, **changes) as (collection, simulator):
        (shard,) = collection.shards()
        assert isinstance(shard, Shard)
        answers = await collection.generate(shard)
        with pytest.raises(OutageError):
            await collection.validate(shard, answers, is_last_try=False)
        await collection.write(await collection.validate(shard, answers))
        stats = collection.finish().stats
        assert simulator.counts == Counter({200: 2, 503: 2})
    assert (stats.accepted, stats.rejected, stats.failed) == (
        1, {"error": 1}, {"server_error": 1},
    )  # fmt: skip


async def test_shards_are_asked_one_after_the_other(tmp_path: Path) -> None:
    """The first can be judged, and its place taken by another, while those behind it are asked;
    side by side they would all come to their ends at once, and nothing would be asked meanwhile."""
    write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(40)])
    asked: list[int] = []

    def answer(body) -> str:
        asked.append(int(body.first_user_content.split()[-1].rstrip(".")))
        return right_answer(body)

    changes = {"shard_size": 10, "max_concurrency": 4}
    async with opened(tmp_path, answer, **changes) as (collection, _):
        collection.begin(4)
        shards = [shard for shard in collection.shards() if isinstance(shard, Shard)]
        for shard in reversed(shards):
            await collection.generate(shard)
        collection.break_off()
    places = [asked.index(number) // 10 for number in range(40)]
    assert sum(place != number // 10 for number, place in enumerate(places)) <= 8


UNTESTED = {"id": "add-7", "prompt": "Write add(x) that returns x + 7."}
TESTS = """```json
{"function": "add", "cases": [{"args": [1], "expected": 8}, {"args": [2], "expected": 9}]}
```"""


@pytest.mark.parametrize("lost", ["test writer", "repair"])
async def test_an_agreement_waits_for_what_an_outage_has_lost(tmp_path: Path, lost: str) -> None:
    """Nothing that is paid is asked again, and what is agreed on is the same."""
    write_problems(tmp_path / "p.jsonl", [UNTESTED])
    outage, wrong = iter([DOWN]), iter(["```python\ndef add(x): return x - 7\n```"])

    def answer(body) -> str | ErrorReply:
        if body.messages[0].content.startswith("You write test cases"):
            return next(outage, TESTS) if lost == "test writer" else TESTS
        if body.assistant_messages:
            return next(outage, right_answer(body)) if lost == "repair" else right_answer(body)
        return next(wrong, right_answer(body))

    changes = {"samples": 4, "write_tests": 5, "max_turns": 2}
    async with opened(tmp_path, answer, **changes) as (collection, simulator):
        stats = await tried_again(collection)
        assert simulator.counts == Counter({200: 6, 503: 1})
    assert stats.accepted_by_verdict == {"agreed": 4}
    assert stats.accepted_by_turn == {0: 3, 1: 1}
    assert (stats.requests_sent, stats.answered_from_cache) == (6, 0)
    assert stats.retries == {"server_error": 1}
    assert stats.test_sets.kept == {"agreed": 1}
