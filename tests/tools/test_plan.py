"""What a plan says of several models, and of batches."""

from __future__ import annotations

import asyncio
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.run.check import check
from pettingllms.run.open import open_collection
from pettingllms.settings import Settings, resolve
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from pettingllms.tools.plan import CostRange, Plan, make_plan
from tests.flows.conftest import add_problem, right_answer, write_problems


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    file = write_problems(tmp_path / "p.jsonl", [add_problem(number) for number in range(10)])

    def plan(**changes: Any) -> Plan:
        given = {
            "api_type": "openai", "model": "gpt-4o-mini", "problems": str(file), "max_turns": 1,
            "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"),
        }  # fmt: skip
        return asyncio.run(make_plan(check(resolve(given | changes).settings, "key", writes=False)))

    return plan


def cost_of(plan: Plan) -> CostRange:
    assert plan.cost_usd is not None
    return plan.cost_usd


def test_batches_cost_half(plan: Any) -> None:
    """The first turns, or all of them."""
    online, batch = cost_of(plan()), cost_of(plan(batch=True))
    assert batch.least == pytest.approx(online.least / 2)
    assert batch.most == pytest.approx(online.most / 2)
    three = {"max_turns": 3}
    first, every = cost_of(plan(**three, batch=True)), plan(**three, batch=True, batch_repairs=True)
    assert every.by_batch == "all turns"
    assert cost_of(every).most == pytest.approx(cost_of(plan(**three)).most / 2)
    assert cost_of(every).most < first.most < cost_of(plan(**three)).most


def test_a_stronger_model_is_in_the_upper_end(plan: Any) -> None:
    """Where the first solves nothing, it is asked everything."""
    weak, strong = cost_of(plan()), cost_of(plan(model="gpt-4o"))
    both = plan(escalate="openai:gpt-4o")
    assert both.escalation == "gpt-4o"
    assert cost_of(both).least == weak.least
    assert cost_of(both).most == pytest.approx(weak.most + strong.most)


def test_a_grader_has_its_own_price(plan: Any, tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.md"
    rubric.write_text("Is it right?")
    write_problems(tmp_path / "p.jsonl", [{"id": "a", "prompt": "Write a program."}])
    same = plan(rubric=str(rubric))
    other = plan(rubric=str(rubric), grader="openai:gpt-4o")
    assert (same.reviews, other.reviews, other.grader) == (1, 1, "gpt-4o")
    assert cost_of(other).most > 5 * cost_of(same).most


def test_a_model_of_unknown_price_leaves_the_cost_open(plan: Any) -> None:
    assert plan(escalate="openai:unheard-of").cost_usd is None


def _state(*folders: Path) -> dict[str, tuple[int, int]]:
    """When each file and folder was written last, and its size."""
    found = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in found}


async def _collect(settings: Settings) -> None:
    async with open_collection(check(settings), "run") as collection:
        await collection.run()


@pytest.mark.parametrize("is_under_way", [True, False], ids=["during a run", "between runs"])
def test_a_plan_counts_what_is_there_and_writes_nothing(
    tmp_path: Path, plan: Any, *, is_under_way: bool
) -> None:
    """Answers that another process has not brought into the database file yet count too."""
    here = [tmp_path / "cache", tmp_path / "out"]
    with SimulatorThread(
        Simulator(FunctionAnswers(right_answer), models=("gpt-4o-mini",))
    ) as provider:
        given = {
            "api_type": "openai", "base_url": provider.base_url, "model": "gpt-4o-mini",
            "max_turns": 1, "cache_dir": str(here[0]), "output_dir": str(here[1]),
            "problems": str(write_problems(tmp_path / "p.jsonl", [*map(add_problem, range(4))])),
        }  # fmt: skip
        with closing(ResponseCache(here[0])) if is_under_way else nullcontext():
            asyncio.run(_collect(resolve(given).settings))
            write_problems(tmp_path / "p.jsonl", [*map(add_problem, range(10))])
            before = _state(*here)
            planned = plan(base_url=provider.base_url)
            assert _state(*here) == before
    assert (planned.answered, planned.to_send) == (4, 6)


def test_a_plan_over_a_cache_that_does_not_read_counts_nothing_and_mends_nothing(
    tmp_path: Path, plan: Any
) -> None:
    """That is for a run to do."""
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "cache.db").write_bytes(b"no database")
    before = _state(folder)
    assert plan().to_send == 10
    assert _state(folder) == before
