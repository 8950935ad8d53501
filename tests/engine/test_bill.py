"""The bill: the ledger is never below what the provider charges, whatever goes wrong."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Budget, Engine, FileLedger, most_usd
from pettingllms.errors import RequestTimeoutError
from pettingllms.providers.config import Price
from pettingllms.providers.dispatch import RetryPolicy
from pettingllms.providers.pricing import cost_usd
from pettingllms.records import Message, Outcome, Usage
from pettingllms.simulator import (
    ChatBody,
    Damage,
    Dribble,
    EmptyAnswer,
    ErrorIn200,
    ErrorReply,
    Fault,
    Faults,
    FunctionAnswers,
    HalfBody,
    Late,
    MalformedJson,
    OddUsage,
    Reply,
    Reset,
    Simulator,
    SyntheticAnswers,
)
from pettingllms.utils.api_client import APIConfig
from tests.engine.kept import has

FAST = RetryPolicy(attempts=3, base_s=0.001)
ONCE = RetryPolicy(attempts=1)
SHORT_S = 0.25
"""A timeout that `Late` and `Dribble` do not meet."""


def ask(number: int) -> list[Message]:
    return [Message(role="user", content=f"{number:04}")]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ResponseCache]:
    cache = ResponseCache(tmp_path / "cache")
    yield cache
    cache.close()


def config_of(simulator: Simulator, **settings: Any) -> APIConfig:
    given = {"max_tokens": 1000, "timeout": 30.0, **settings}
    return APIConfig("openai", "key", "gpt-4o", base_url=simulator.base_url, **given)


def billed_usd(simulator: Simulator) -> float:
    """What the provider will ask for, by its own books."""
    total = 0.0
    for charge, times in simulator.charges.items():
        usage = Usage(charge.prompt_tokens, charge.completion_tokens)
        total += times * (cost_usd("openai", charge.model, usage, tier=charge.tier) or 0.0)
    return total


COMPUTED: Mapping[str, Damage] = {
    "late": Late(20.0),
    "dribbling": Dribble(0.05),
    "half a body": HalfBody(),
    "broken JSON": MalformedJson(),
    "no choices": EmptyAnswer(),
    "an error in a 200": ErrorIn200(),
}


@pytest.mark.parametrize("kind", COMPUTED)
async def test_an_answer_that_is_lost_counts_at_its_worst(
    cache: ResponseCache, tmp_path: Path, kind: str
) -> None:
    """It was computed; and it is said to be perhaps billed."""
    fault = COMPUTED[kind]
    timeout = SHORT_S if isinstance(fault, Late | Dribble) else 30.0
    source, faults = SyntheticAnswers(50), Faults(script=[fault])
    async with Simulator(source, models=("gpt-4o",), faults=faults) as simulator:
        config = config_of(simulator, timeout=timeout)
        ledger = FileLedger(tmp_path / "spending.db")
        engine = Engine(config, cache, "run", retry_policy=ONCE, budget=Budget(ledger, 1.0))
        answer = await engine.ask(ask(0))
        await engine.aclose()
        assert answer.completion is None
        assert billed_usd(simulator) > 0
    worst = most_usd(config, ask(0))
    assert await ledger.total_usd() == pytest.approx(worst)
    assert answer.perhaps_billed.sends == 1
    assert answer.perhaps_billed.usd == pytest.approx(worst)
    assert engine.bill.perhaps == answer.perhaps_billed


async def test_what_is_free_is_perhaps_billed_to_nobody(cache: ResponseCache) -> None:
    """A server of one's own sends no bill for an answer that was lost."""
    faults = Faults(script=[Late(1.0)])
    async with Simulator(SyntheticAnswers(50), models=("gpt-4o",), faults=faults) as simulator:
        config = replace(config_of(simulator, timeout=SHORT_S), api_type="local")
        engine = Engine(config, cache, "run", retry_policy=ONCE)
        answer = await engine.ask(ask(0))
        await engine.aclose()
    assert answer.completion is None
    assert answer.perhaps_billed.sends == engine.bill.perhaps.sends == 0


@pytest.mark.parametrize("status", [400, 401, 408, 429, 500, 503, 529])
async def test_a_refusal_costs_nothing(cache: ResponseCache, tmp_path: Path, status: int) -> None:
    """Nor does an error of the server: nobody computed an answer."""
    source = FunctionAnswers(lambda _: ErrorReply(status))
    async with Simulator(source, models=("gpt-4o",)) as simulator:
        ledger = FileLedger(tmp_path / "spending.db")
        budget = Budget(ledger, 1.0)
        engine = Engine(config_of(simulator), cache, "run", retry_policy=FAST, budget=budget)
        answer = await engine.ask(ask(0))
        await engine.aclose()
    assert await ledger.total_usd() == 0
    assert answer.perhaps_billed.sends == 0


async def test_a_connection_that_was_never_made_costs_nothing(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """Nobody got the request."""
    async with Simulator(SyntheticAnswers(), models=("gpt-4o",)) as simulator:
        ledger = FileLedger(tmp_path / "spending.db")
        budget = Budget(ledger, 1.0)
        engine = Engine(config_of(simulator), cache, "run", retry_policy=FAST, budget=budget)
        await engine.verify()
    answer = await engine.ask(ask(0))
    await engine.aclose()
    assert answer.is_worth_asking_again
    assert await ledger.total_usd() == 0


@pytest.mark.parametrize("kind", ["none", "zero", "negative", "text"])
async def test_an_answer_without_a_usage_is_never_free(
    cache: ResponseCache, tmp_path: Path, kind: Any
) -> None:
    """It counts as the most that its texts can come to, and is kept as estimated."""
    faults = Faults(rates={OddUsage(kind): 1.0})
    async with Simulator(SyntheticAnswers(50), models=("gpt-4o",), faults=faults) as simulator:
        config = config_of(simulator)
        ledger = FileLedger(tmp_path / "spending.db")
        engine = Engine(config, cache, "run", budget=Budget(ledger, 1.0))
        answer = await engine.ask(ask(0))
        await engine.aclose()
        assert billed_usd(simulator) <= await ledger.total_usd() < most_usd(config, ask(0))
    assert answer.completion
    assert answer.completion.is_estimated
    assert answer.completion.usage.completion_tokens >= 50


async def test_hidden_thinking_without_a_usage_may_be_all_of_the_limit(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """What is not shown cannot be counted."""
    faults = Faults(rates={OddUsage("none"): 1.0})
    async with Simulator(SyntheticAnswers(50), models=("gpt-6-sol",), faults=faults) as simulator:
        config = replace(config_of(simulator, price=Price(1.0, 1.0)), model="gpt-6-sol")
        engine = Engine(config, cache, "run", budget=Budget(FileLedger(tmp_path / "s.db"), 1.0))
        answer = await engine.ask(ask(0))
        await engine.aclose()
    assert answer.completion
    assert answer.completion.usage.completion_tokens == config.max_tokens


async def test_only_what_is_on_its_way_is_held_when_a_run_is_cancelled(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """A hundred are asked for and four may be in flight: four worst cases stay, no more."""
    async with Simulator(SyntheticAnswers(), models=("gpt-4o",), latency=20.0) as simulator:
        config = config_of(simulator)
        ledger = FileLedger(tmp_path / "spending.db")
        engine = Engine(config, cache, "run", max_concurrency=4, budget=Budget(ledger, 50.0))
        asking = [asyncio.create_task(engine.ask(ask(n))) for n in range(100)]
        while len(simulator.requests) < 5:  # noqa: ASYNC110 - the list of models, and four
            await asyncio.sleep(0.01)
        await engine.aclose()
        await asyncio.gather(*asking, return_exceptions=True)
    assert await ledger.total_usd() == pytest.approx(4 * most_usd(config, ask(0)))
    assert engine.bill.perhaps.sends == 4


async def test_the_cap_holds_where_every_answer_comes_too_late(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """What may have been billed fills the budget, and stops the run."""
    source, faults = SyntheticAnswers(50), Faults(rates={Late(20.0): 1.0})
    async with Simulator(source, models=("gpt-4o",), faults=faults) as simulator:
        config = config_of(simulator, timeout=SHORT_S)
        ledger = FileLedger(tmp_path / "spending.db")
        limit = 10 * most_usd(config, ask(0))
        engine = Engine(config, cache, "run", retry_policy=FAST, budget=Budget(ledger, limit))
        await asyncio.gather(*(engine.ask(ask(n)) for n in range(40)))
        await engine.aclose()
        assert sum(simulator.charges.values()) <= 10
        assert billed_usd(simulator) <= await ledger.total_usd() <= limit + 1e-9
    assert engine.stopped_by is not None


async def test_a_timeout_is_longer_each_time_and_not_for_ever(cache: ResponseCache) -> None:
    """Each send may be billed: four in a run, though the run tries again."""
    async with Simulator(SyntheticAnswers(), models=("gpt-4o",), latency=20.0) as simulator:
        config = config_of(simulator, timeout=0.05)
        policy = RetryPolicy(base_s=0.001)
        engine = Engine(config, cache, "run", retry_policy=policy)
        answer = await engine.ask(ask(0))
        await engine.aclose()
        sent = [request for request in simulator.requests if request.method == "POST"]
    assert isinstance(answer.error, RequestTimeoutError)
    assert "after 0.4 s" in str(answer.error)
    assert len(sent) == 4
    assert not answer.is_worth_asking_again


async def test_who_thinks_has_ten_minutes_unless_told_otherwise() -> None:
    """And flex a quarter of an hour."""
    assert APIConfig("deepseek", None, "deepseek-flash").patience_s == 600
    assert APIConfig("deepseek", None, "deepseek-flash", timeout=30).patience_s == 30
    assert APIConfig("deepseek", None, "deepseek-flash", thinking="off").patience_s == 60
    assert APIConfig("openai", None, "gpt-4o", tiers=("flex", "default")).patience_s == 900


MIXED: Mapping[Fault, float] = {
    **dict.fromkeys(COMPUTED.values(), 0.06),
    **{OddUsage(kind): 0.05 for kind in ("none", "zero", "negative", "text")},
    Reset(): 0.05,
    ErrorReply(500): 0.05,
    ErrorReply(429): 0.05,
}


@pytest.mark.parametrize("seed", range(4))
async def test_under_mixed_faults_the_ledger_is_never_below_the_bill(
    cache: ResponseCache, tmp_path: Path, seed: int
) -> None:
    """Nor above it by more than the worst case of what may have been billed."""
    faults = Faults(rates=MIXED, seed=seed)
    async with Simulator(SyntheticAnswers(50), models=("gpt-4o",), faults=faults) as simulator:
        config = config_of(simulator, timeout=SHORT_S)
        ledger = FileLedger(tmp_path / "spending.db")
        engine = Engine(config, cache, "run", 8, retry_policy=FAST, budget=Budget(ledger, 5.0))
        answers = await asyncio.gather(*(engine.ask(ask(n)) for n in range(25)))
        await engine.aclose()
        billed = billed_usd(simulator)
    spent = await ledger.total_usd()
    assert spent >= billed
    assert spent == pytest.approx(engine.bill.usd + engine.bill.perhaps.usd)
    told = sum(answer.perhaps_billed.usd for answer in answers)
    assert told == pytest.approx(engine.bill.perhaps.usd)


async def test_an_empty_answer_is_asked_again_once_and_then_believed(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """Both are paid for; the second is kept."""
    source = FunctionAnswers(lambda _: Reply("", prompt_tokens=10, completion_tokens=10))
    async with Simulator(source, models=("gpt-4o",)) as simulator:
        ledger = FileLedger(tmp_path / "spending.db")
        engine = Engine(config_of(simulator), cache, "run", budget=Budget(ledger, 1.0))
        answer = await engine.ask(ask(0))
        await engine.aclose()
        assert simulator.counts == {200: 2}
        assert await ledger.total_usd() == pytest.approx(billed_usd(simulator))
    assert answer.completion
    assert answer.completion.text == ""
    assert answer.retries == {Outcome.EMPTY: 1}
    assert has(engine, ask(0))


async def test_an_answer_of_reasoning_alone_is_asked_for_once_with_a_hint(
    cache: ResponseCache, caplog: pytest.LogCaptureFixture
) -> None:
    """One send, kept as empty, and what to look for."""
    source = FunctionAnswers(lambda _: Reply("", reasoning="def f(): ...", completion_tokens=9))
    async with Simulator(source, models=("gpt-4o",)) as simulator:
        engine = Engine(config_of(simulator), cache, "run")
        with caplog.at_level(logging.WARNING):
            await asyncio.gather(*(engine.ask(ask(n)) for n in range(3)))
        await engine.aclose()
        assert simulator.counts == {200: 3}
    assert sum("reasoning-parser" in record.message for record in caplog.records) == 1


def flex_is_full(body: ChatBody) -> Reply | ErrorReply:
    if body.raw.get("service_tier") == "flex":
        return ErrorReply(429, "Resource Unavailable", code="resource_unavailable")
    return Reply("hi", prompt_tokens=10, completion_tokens=10)


async def test_where_flex_has_no_room_the_next_tier_answers(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """After three refusals, which cost nothing; at the price of the tier that answered."""
    async with Simulator(FunctionAnswers(flex_is_full), models=("gpt-4o",)) as simulator:
        config = config_of(simulator, tiers=("flex", "default"))
        ledger = FileLedger(tmp_path / "spending.db")
        budget, policy = Budget(ledger, 1.0), RetryPolicy(base_s=0.001)
        engine = Engine(config, cache, "run", retry_policy=policy, budget=budget)
        answer = await engine.ask(ask(0))
        await engine.aclose()
        assert simulator.counts == {429: 3, 200: 1}
        assert await ledger.total_usd() == pytest.approx(billed_usd(simulator))
    assert answer.completion
    assert answer.completion.tier == "default"
    assert answer.retries == {"no_capacity": 3}


async def test_flex_costs_half_and_has_the_same_key(cache: ResponseCache, tmp_path: Path) -> None:
    """Who answers does not change what is answered: what flex paid, nobody pays again."""
    source = FunctionAnswers(lambda _: Reply("hi", prompt_tokens=1000, completion_tokens=1000))
    async with Simulator(source, models=("gpt-4o",)) as simulator:
        ledger = FileLedger(tmp_path / "spending.db")
        config = config_of(simulator, tiers=("flex",))
        engine = Engine(config, cache, "run", budget=Budget(ledger, 1.0))
        await engine.ask(ask(0))
        await engine.aclose()
        assert await ledger.total_usd() == pytest.approx(0.5 * (1000 * 2.5e-6 + 1000 * 10e-6))
        ordinary = Engine(config_of(simulator), cache, "run")
        assert has(ordinary, ask(0))
        await ordinary.aclose()
