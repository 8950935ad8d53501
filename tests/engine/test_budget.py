"""The budget: nothing leaves that could exceed it, over processes and restarts."""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Budget, Engine, FileLedger, most_usd
from pettingllms.engine.ledger import Room
from pettingllms.errors import BudgetReachedError, OutputError, RowRefusedError, SettingError
from pettingllms.records import Message
from pettingllms.simulator import ErrorReply, FunctionAnswers, Reply, Simulator
from pettingllms.utils.api_client import APIConfig


def ask(number: int) -> list[Message]:
    return [Message(role="user", content=f"{number:04}")]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ResponseCache]:
    cache = ResponseCache(tmp_path / "cache")
    yield cache
    cache.close()


def config_of(simulator: Simulator, model: str = "gpt-4o") -> APIConfig:
    return APIConfig("openai", "k", model, base_url=simulator.base_url, max_tokens=1000)


LONG = Reply("x", "length", prompt_tokens=20, completion_tokens=1000)


async def test_no_more_leave_than_the_worst_case_allows(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """A cap of ten calls' worth, a hundred at once: ten leave, and the run is stopped."""
    source = FunctionAnswers(lambda _: LONG)
    async with Simulator(source, models=("gpt-4o",), latency=0.3) as simulator:
        config = config_of(simulator)
        ledger = FileLedger(tmp_path / "spending.db")
        limit = 10 * most_usd(config, ask(0))
        engine = Engine(config, cache, "run", budget=Budget(ledger, limit))
        answers = await asyncio.gather(*(engine.ask(ask(n)) for n in range(100)))
        await engine.aclose()
        assert simulator.counts == {200: 10}
    assert isinstance(engine.stopped_by, BudgetReachedError)
    assert "--max-cost-usd" in str(engine.stopped_by)
    assert sum(answer.completion is not None for answer in answers) == 10
    assert await ledger.total_usd() == pytest.approx(10 * (20 * 2.5e-6 + 1000 * 10e-6))


async def test_what_answers_do_not_use_is_spent_on_others(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """Short answers cost less than was reserved: all hundred fit in the worth of ten."""
    short = Reply("x", prompt_tokens=10, completion_tokens=10)
    async with Simulator(FunctionAnswers(lambda _: short), models=("gpt-4o",)) as simulator:
        config = config_of(simulator)
        ledger = FileLedger(tmp_path / "spending.db")
        engine = Engine(config, cache, "run", budget=Budget(ledger, 10 * most_usd(config, ask(0))))
        answers = await asyncio.gather(*(engine.ask(ask(n)) for n in range(100)))
        await engine.aclose()
    assert all(answer.completion for answer in answers)
    assert await ledger.total_usd() == pytest.approx(100 * (10 * 2.5e-6 + 10 * 10e-6))


async def test_a_refused_row_costs_nothing_and_a_cancelled_one_its_worst_case(
    tmp_path: Path,
) -> None:
    """Nobody knows what the provider bills for a request that was given up."""
    ledger = FileLedger(tmp_path / "spending.db")
    budget = Budget(ledger, 1.0)
    with pytest.raises(RowRefusedError):
        async with budget.reserve(0.4):
            raise RowRefusedError("no")
    assert await ledger.total_usd() == 0
    with pytest.raises(asyncio.CancelledError):
        async with budget.reserve(0.4):
            raise asyncio.CancelledError
    assert await ledger.total_usd() == pytest.approx(0.4)


async def test_the_ledger_is_shared_and_outlives_its_openers(tmp_path: Path) -> None:
    """Two at a time see one sum; a third, later, finds it."""
    first, second = (FileLedger(tmp_path / "spending.db") for _ in range(2))
    assert await first.reserve(0.6, 1.0) is Room.TAKEN
    assert await second.reserve(0.6, 1.0) is Room.MAY_COME
    await first.settle(0.6, 0.3)
    assert await second.reserve(0.8, 1.0) is Room.NONE
    first.close()
    second.close()
    assert await FileLedger(tmp_path / "spending.db").total_usd() == pytest.approx(0.3)


async def test_a_process_waits_for_what_another_may_not_need(tmp_path: Path) -> None:
    """Its worst case fills the budget, its answers do not."""
    ours, theirs = (Budget(FileLedger(tmp_path / "spending.db"), 1.0) for _ in range(2))

    async def ask_too() -> None:
        async with theirs.reserve(0.5):
            pass

    async with ours.reserve(0.9) as reservation:
        waiting = asyncio.create_task(ask_too())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        reservation.usd = 0.1
    await waiting


RESERVES_AND_IS_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from pettingllms.engine import FileLedger
ledger = FileLedger(Path(sys.argv[1]))
asyncio.run(ledger.reserve(0.9, 1.0))
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_nobody_waits_for_the_dead_whose_worst_case_is_spent(tmp_path: Path) -> None:
    """The provider may have billed what a killed run asked for."""
    file = tmp_path / "spending.db"
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RESERVES_AND_IS_KILLED, file
    )
    assert await killed.wait() == -signal.SIGKILL
    budget = Budget(FileLedger(file), 1.0)
    with pytest.raises(BudgetReachedError, match=r"\$0\.9000 are spent"):
        async with asyncio.timeout(5), budget.reserve(0.5):
            pass
    async with budget.reserve(0.1):
        pass


def test_a_file_that_is_no_ledger_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """Money is never spent on a guess."""
    (tmp_path / "spending.db").write_bytes(b"x" * 5000)
    with pytest.raises(OutputError, match=r"spending\.db"):
        FileLedger(tmp_path / "spending.db")


async def test_a_ledger_that_breaks_under_a_run_is_told_in_words(tmp_path: Path) -> None:
    """Whatever is asked of it next."""
    ledger = FileLedger(tmp_path / "spending.db")
    with closing(sqlite3.connect(tmp_path / "spending.db")) as elsewhere:
        elsewhere.execute("DROP TABLE spending")
    for asked in (ledger.total_usd(), ledger.reserve(0.1, 1.0), ledger.settle(0.1, 0.1)):
        with pytest.raises(OutputError, match=r"spending\.db cannot be used"):
            await asked


@given(st.lists(st.floats(0.0, 1.0), max_size=30), st.floats(0.1, 5.0))
async def test_reservations_never_exceed_the_limit(amounts: list[float], limit: float) -> None:
    """Whatever is asked for, in whatever order."""
    with TemporaryDirectory() as folder:
        ledger = FileLedger(Path(folder) / "spending.db")
        for amount in amounts:
            await ledger.reserve(amount, limit)
            assert await ledger.total_usd() <= limit + 1e-6
        ledger.close()


async def test_a_model_without_a_price_cannot_have_a_budget(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """Said before anything is sent."""
    source = FunctionAnswers(lambda _: ErrorReply(500, "never asked"))
    async with Simulator(source, models=("house-model",)) as simulator:
        budget = Budget(FileLedger(tmp_path / "spending.db"), 1.0)
        engine = Engine(config_of(simulator, "house-model"), cache, "run", budget=budget)
        answer = await engine.ask(ask(1))
        await engine.aclose()
        assert isinstance(answer.error, SettingError)
        assert not simulator.counts


def test_nobody_is_told_to_part_with_a_ledger_that_is_whole(tmp_path: Path) -> None:
    """One out of reach says what is spent; what is no database is put aside, and the limit is
    lowered by what the stats say."""
    folder, damaged = tmp_path / "folder", tmp_path / "damaged.db"
    folder.mkdir()
    damaged.write_bytes(b"no database at all" * 100)
    remedies = list[str]()
    for path in (folder, damaged):
        with pytest.raises(OutputError) as raised:
            FileLedger(path)
        remedies.append(raised.value.remedy)
    assert "delete" not in "".join(remedies)
    assert "lower the limit" not in remedies[0]
    assert "lower the limit" in remedies[1]
