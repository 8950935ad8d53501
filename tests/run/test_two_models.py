"""Two models in one run: a stronger one for what the first does not solve, and one that grades."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pettingllms.errors import (
    BudgetReachedError,
    MissingKeyError,
    SettingError,
    UnknownModelError,
    UnknownProviderError,
)
from pettingllms.export.attempts import iter_attempts
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.open import open_collection
from pettingllms.run.shards import Shard
from pettingllms.settings import resolve
from pettingllms.simulator import ChatBody, FunctionAnswers, Reply, Simulator, SimulatorThread
from tests.flows.conftest import add_problem, right_answer, write_problems

WEAK, STRONG = "gpt-4o-mini", "gpt-4o"
SOLVED_IN_TEN = {WEAK: 6, STRONG: 9}


def answer(body: ChatBody) -> Reply | str:
    """Right for as many of ten problems as the model can; a grade where one is asked for."""
    if body.messages[0].content.startswith("You grade"):
        return "Good.\nScore: 9"
    number = int(body.first_user_content.split()[-1].rstrip("."))
    text = right_answer(body)
    is_solved = number % 10 < SOLVED_IN_TEN[body.model]
    return Reply(text if is_solved else text.replace("x +", "x -"), prompt_tokens=200)


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with SimulatorThread(Simulator(FunctionAnswers(answer), models=(WEAK, STRONG))) as simulator:
        yield simulator


Collect = Callable[..., Report]


@pytest.fixture
def collect(tmp_path: Path, provider: Simulator) -> Collect:
    file = tmp_path / "p.jsonl"
    given = {
        "api_type": "openai", "base_url": provider.base_url, "problems": str(file), "model": WEAK,
        "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"), "max_turns": 1,
    }  # fmt: skip

    async def run(changes: dict[str, Any]) -> Report:
        async with open_collection(check(resolve(given | changes).settings), "run") as collection:
            return await collection.run()

    def collect(problems: list[dict[str, Any]], **changes: Any) -> Report:
        write_problems(file, problems)
        return asyncio.run(run(changes))

    return collect


TWENTY = [add_problem(number) for number in range(20)]


def test_the_stronger_model_is_asked_what_the_first_did_not_solve(
    collect: Collect, provider: Simulator
) -> None:
    """Six of ten by the first, three more by the second, and each has its row in the stats."""
    stats = collect(TWENTY, escalate=f"openai:{STRONG}").stats
    asked = [request.body["model"] for request in provider.requests if request.method == "POST"]
    assert (asked.count(WEAK), asked.count(STRONG)) == (20, 8)
    assert stats.accepted == 18
    weak, strong = stats.models[f"openai:{WEAK}"], stats.models[f"openai:{STRONG}"]
    assert (weak.began, weak.at_once, weak.accepted, weak.pass_at_1) == (20, 12, 12, 0.6)
    assert (strong.began, strong.at_once, strong.accepted) == (8, 6, 6)
    assert stats.cost.usd == pytest.approx(weak.usd_paid + strong.usd_paid)
    assert (weak.usd_per_accepted or 1) < (strong.usd_per_accepted or 0)


def test_escalation_costs_less_for_a_row_than_the_stronger_model_alone(
    collect: Collect, tmp_path: Path
) -> None:
    """And solves as many."""
    both = collect(TWENTY, escalate=f"openai:{STRONG}").stats
    alone = collect(TWENTY, model=STRONG, output_dir=str(tmp_path / "alone")).stats
    assert both.accepted == alone.accepted
    usd_both = sum(counts.usd for counts in both.models.values())
    usd_alone = sum(counts.usd for counts in alone.models.values())
    assert usd_both < usd_alone


def test_a_second_run_pays_nothing_and_tells_the_same(collect: Collect) -> None:
    """Of both models everything is kept, and counted as it was."""
    first = collect(TWENTY, escalate=f"openai:{STRONG}")
    second = collect(TWENTY, escalate=f"openai:{STRONG}")
    assert second.stats.requests_sent == 0
    assert second.files.sft.read_bytes().count(b"\n") == first.stats.exported
    again = {model: (c.began, c.at_once, c.accepted) for model, c in second.stats.models.items()}
    before = {model: (c.began, c.at_once, c.accepted) for model, c in first.stats.models.items()}
    assert again == before
    assert all(counts.usd_paid == 0 for counts in second.stats.models.values())


def test_repair_turns_come_before_the_stronger_model_which_begins_anew(collect: Collect) -> None:
    """Each has its turns; the stronger one does not read what the first got wrong."""
    report = collect([add_problem(9)], escalate=f"openai:{STRONG}", max_turns=2)
    attempts = list(iter_attempts(report.files.attempts))
    assert [attempt.model for attempt in attempts] == [WEAK, WEAK, STRONG, STRONG]
    assert [len(attempt.messages) for attempt in attempts] == [2, 4, 2, 4]
    assert [attempt.turn for attempt in attempts] == [0, 1, 2, 3]


def test_another_model_grades(collect: Collect, provider: Simulator, tmp_path: Path) -> None:
    """The writer answers, the grader grades, and each has its row."""
    rubric = tmp_path / "rubric.txt"
    rubric.write_text("Is it good?")
    plain = [{"id": f"p{n}", "prompt": f"Write a poem about {n}."} for n in range(5)]
    stats = collect(plain, rubric=str(rubric), grader=f"openai:{STRONG}").stats
    asked = [request.body["model"] for request in provider.requests if request.method == "POST"]
    assert (asked.count(WEAK), asked.count(STRONG)) == (5, 5)
    assert stats.accepted == 5
    grader = stats.models[f"openai:{STRONG}"]
    assert (grader.answers, grader.began, grader.accepted) == (5, 0, 0)
    assert grader.usd > 0


def test_one_budget_holds_both(collect: Collect) -> None:
    """What the stronger model spends is in it too, and stops the run."""
    report = collect(TWENTY, escalate=f"openai:{STRONG}", max_cost_usd=0.021, max_concurrency=1)
    assert isinstance(report.stopped_by, BudgetReachedError)
    assert report.stats.cost.usd <= 0.021


@pytest.mark.parametrize(
    ("escalate", "error", "said"),
    [
        ("gpt-4o", SettingError, "PROVIDER:MODEL"),
        (f"openai:{WEAK}", SettingError, "asked first"),
        (
            "openai:gone",
            UnknownModelError,
            r"gone[\s\S]*Set SFT_ESCALATE \(--escalate\) to one that",
        ),
        ("gemni:x", UnknownProviderError, r"gemni[\s\S]*Set SFT_ESCALATE \(--escalate\) to one of"),
        (
            "openai:x@http://:1",
            SettingError,
            r"no http[\s\S]*Set SFT_ESCALATE \(--escalate\) to one",
        ),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_sent(
    collect: Collect, provider: Simulator, escalate: str, error: type[Exception], said: str
) -> None:
    """Of the second model as of the first, with the setting that names it."""
    with pytest.raises(error, match=said):
        collect(TWENTY, escalate=escalate)
    assert not provider.counts


def test_the_second_model_needs_its_own_key(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its provider's variable."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(MissingKeyError):
        collect(TWENTY, escalate="claude:claude-opus-5")


def test_a_price_of_ones_own_is_the_first_models(collect: Collect, provider: Simulator) -> None:
    """A second model that the price list does not know is refused where there is a budget, in
    words that help."""
    with pytest.raises(SettingError, match="of the model that is asked first"):
        collect(TWENTY, escalate="openai:unheard-of", max_cost_usd=1.0, price="in=1,out=1")
    assert not provider.requests


def test_a_killed_run_s_answers_are_priced_by_who_gave_them(
    collect: Collect, provider: Simulator, tmp_path: Path
) -> None:
    """The first model has a price of the user's own, the second that of the list."""
    changes = {"escalate": f"openai:{STRONG}", "price": "in=1000,out=1000"}

    async def killed() -> None:
        file = write_problems(tmp_path / "p.jsonl", TWENTY)
        given = {
            "api_type": "openai", "base_url": provider.base_url, "problems": str(file),
            "model": WEAK, "cache_dir": str(tmp_path / "cache"), "max_turns": 1,
            "output_dir": str(tmp_path / "out"),
        }  # fmt: skip
        async with open_collection(check(resolve(given | changes).settings), "k") as collection:
            shard = next(collection.shards())
            assert isinstance(shard, Shard)
            await collection.validate(shard, await collection.generate(shard))

    asyncio.run(killed())
    stats = collect(TWENTY, **changes).stats
    weak, strong = stats.models[f"openai:{WEAK}"], stats.models[f"openai:{STRONG}"]
    assert provider.charges.total() == 28
    assert stats.cost.usd == pytest.approx(weak.usd + strong.usd)
    assert strong.usd < weak.usd / 50
