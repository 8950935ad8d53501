"""What machines share, over a real Redis: each engine here has a cache folder of its own."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Budget, Engine, Miss, most_usd
from pettingllms.engine.batch.buying import BatchBuyer
from pettingllms.engine.batch.desk import Desk
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.ledger import Room
from pettingllms.engine.redis import REDIS_URL_ENV, Connection, SharedLedger, Sharing, connected
from pettingllms.errors import (
    BudgetReachedError,
    MissingSDKError,
    RateLimitError,
    SettingError,
    SharingError,
)
from pettingllms.providers.dispatch import Limiter, RateLimits, RetryPolicy
from pettingllms.records import Message
from pettingllms.simulator import (
    ErrorReply,
    FunctionAnswers,
    Reply,
    Simulator,
    SyntheticAnswers,
)
from pettingllms.utils.api_client import APIConfig
from tests.engine.kept import has
from tests.processes import wait_until

from .redis_server import PASSWORD, RedisServer

Machine = Callable[..., Engine]


def ask(text: str | int) -> list[Message]:
    return [Message(role="user", content=str(text))]


async def claimed(sharing: Sharing, key: str) -> bytes | None:
    """As the engine does it: the answer, or None once it is ours to ask for."""
    while found := await sharing.claim(key, 0.02):
        if isinstance(found, bytes):
            return found
        await asyncio.sleep(found)
    return None


@asynccontextmanager
async def machines(
    folder: Path, simulator: Simulator, connection: Connection, model: str = "m"
) -> AsyncIterator[Machine]:
    """Makes engines, each as on a machine of its own."""
    config = APIConfig("openai", "k", model, base_url=simulator.base_url, max_tokens=1000)
    async with AsyncExitStack() as stack:

        def machine(name: str, **options: object) -> Engine:
            cache = ResponseCache(folder / name)
            stack.callback(cache.close)
            engine = Engine(config, cache, name, redis=connection, **options)
            stack.push_async_callback(engine.aclose)
            return engine

        yield machine


async def test_machines_on_one_job_ask_for_each_answer_once(
    connection: Connection, tmp_path: Path
) -> None:
    """Two at the same time, the same hundred questions: a hundred requests, answered twice, and
    each machine keeps all of them."""
    async with Simulator(SyntheticAnswers(), models=("m",), latency=0.05) as simulator:
        async with machines(tmp_path, simulator, connection) as machine:
            engines = machine("a"), machine("b")
            asked = [engine.ask(ask(n)) for n in range(100) for engine in engines]
            answers = await asyncio.gather(*asked)
        assert simulator.counts == {200: 100}
        texts = [answer.completion.text for answer in answers]
        assert texts[::2] == texts[1::2]
        async with machines(tmp_path, simulator, connection) as machine:
            alone = machine("b")
            assert all(has(alone, ask(n)) for n in range(100))


async def test_what_others_have_paid_is_recalled_and_kept(
    connection: Connection, tmp_path: Path
) -> None:
    """A shard's answers in one go; what was damaged on the way is no answer."""
    async with (
        Simulator(SyntheticAnswers(), models=("m",)) as simulator,
        machines(tmp_path, simulator, connection) as machine,
    ):
        payer, other = machine("payer"), machine("other")
        paid = [await payer.ask(ask(n)) for n in range(3)]
        await connection.call(
            lambda client: client.append(f"sft:answer:{paid[2].request_key}", b"x")
        )
        first, second, third, fourth = await other.recall([(ask(n), 0) for n in range(4)])
        assert (first.completion.text, second.completion.text) == tuple(
            answer.completion.text for answer in paid[:2]
        )
        assert first.completion.cached
        assert isinstance(third, Miss)
        assert isinstance(fourth, Miss)
        assert has(other, ask(0))
        assert not has(other, ask(2))
        again = await other.ask(ask(2))
        assert again.completion.text == paid[2].completion.text
        assert simulator.counts == {200: 4}


async def test_a_dead_owner_is_waited_for_no_longer_than_its_lease(connection: Connection) -> None:
    """One that lives renews it; one that is gone leaves its work to the others."""
    limiter = Limiter()
    living = Sharing(connection, limiter, "p", lease_s=1.2)
    other = Sharing(connection, limiter, "p", lease_s=1.2)
    assert await claimed(living, "k") is None
    waiting = asyncio.create_task(claimed(other, "k"))
    await asyncio.sleep(2)
    assert not waiting.done()
    await living.aclose()  # no sign of life from now on, and nothing released
    assert await asyncio.wait_for(waiting, 10) is None
    await living.release("k")
    third = Sharing(connection, limiter, "p", lease_s=1.2)
    claiming = asyncio.create_task(claimed(third, "k"))
    await asyncio.sleep(0.2)
    assert not claiming.done(), "a lease is released by its owner alone"
    await other.put("k", b"the answer")
    assert await asyncio.wait_for(claiming, 5) == b"the answer"
    await other.aclose()
    await third.aclose()


async def test_who_waits_for_another_machine_is_in_nobodys_way(
    connection: Connection, tmp_path: Path
) -> None:
    """Five questions that another machine asks for: a sixth goes out past them, one at a time as
    may be, and what the others then bring is no success of this machine's limiter."""
    owner = Sharing(connection, Limiter(), "p")
    async with (
        Simulator(SyntheticAnswers(), models=("m",)) as simulator,
        machines(tmp_path, simulator, connection) as machine,
    ):
        payer, other = machine("payer"), machine("other", max_concurrency=1)
        keys = [other.key(ask(n)) for n in range(5)]
        assert [await owner.claim(key, 1.0) for key in keys] == [0.0] * 5
        waiting = [asyncio.create_task(other.ask(ask(n))) for n in range(5)]
        answer = await asyncio.wait_for(other.ask(ask("sixth")), 30)
        assert answer.completion
        assert other.traffic.sends == 1
        for key in keys:
            await owner.release(key)
        await asyncio.gather(*(payer.ask(ask(n)) for n in range(5)), *waiting)
        by_payer = payer.traffic.sends
        assert by_payer + other.traffic.sends == 6
        assert other._dispatcher.limiter.answers == other.traffic.sends
    await owner.aclose()


async def test_a_failed_request_leaves_its_lease_at_once(
    connection: Connection, tmp_path: Path
) -> None:
    """The next machine need not wait for it to end."""
    refused = ErrorReply(400, "too long", code="context_length_exceeded")
    async with (
        Simulator(FunctionAnswers(lambda _: refused), models=("m",)) as simulator,
        machines(tmp_path, simulator, connection) as machine,
    ):
        for name in ("a", "b"):
            answer = await asyncio.wait_for(machine(name).ask(ask("q")), 10)
            assert answer.error
        assert simulator.counts == {400: 2}
    assert await connection.call(lambda client: client.keys("sft:lease:*")) == []


async def test_a_budget_holds_over_machines(connection: Connection, tmp_path: Path) -> None:
    """Ten calls' worth, a hundred asked for on each of two machines: ten leave."""
    long = Reply("x", "length", prompt_tokens=20, completion_tokens=1000)
    source = FunctionAnswers(lambda _: long)
    async with (
        Simulator(source, models=("gpt-4o",), latency=0.3) as simulator,
        machines(tmp_path, simulator, connection, "gpt-4o") as machine,
    ):
        first = machine("x")
        limit = 10 * most_usd(first.config, ask(1000))
        engines = [
            machine(name, budget=Budget(SharedLedger(connection, "job"), limit)) for name in "ab"
        ]
        asked = [
            engine.ask(ask(1000 + 100 * place + n))
            for n in range(100)
            for place, engine in enumerate(engines)
        ]
        await asyncio.gather(*asked)
        assert simulator.counts == {200: 10}
        assert all(isinstance(engine.stopped_by, BudgetReachedError) for engine in engines)
    total = await SharedLedger(connection, "job").total_usd()
    assert total == pytest.approx(10 * (20 * 2.5e-6 + 1000 * 10e-6))
    assert await SharedLedger(connection, "another").total_usd() == 0


async def test_what_is_sent_twice_counts_once(connection: Connection) -> None:
    """As when Redis carries it out, and is gone before it can say so."""
    ledger = SharedLedger(connection, "job")
    reserve, settle = ledger._reserve, ledger._settle
    ledger._reserve = lambda *given: _twice(reserve, *given)
    ledger._settle = lambda *given: _twice(settle, *given)
    assert await ledger.reserve(0.6, 1.0) is Room.TAKEN
    assert await ledger.reserve(0.6, 1.0) is Room.NONE
    await ledger.settle(0.6, 0.4)
    assert await ledger.total_usd() == pytest.approx(0.4)


async def test_a_machine_waits_for_what_another_may_not_need(connection: Connection) -> None:
    """Until the other has been silent for too long: then its worst case is spent, and given back
    should it settle after all."""
    ours, theirs = SharedLedger(connection, "job"), SharedLedger(connection, "job")
    assert await theirs.reserve(0.9, 1.0) is Room.TAKEN
    assert await ours.reserve(0.5, 1.0) is Room.MAY_COME
    await connection.call(lambda client: client.zadd("sft:reserving:job", {theirs._owner: 0}))
    assert await ours.reserve(0.5, 1.0) is Room.NONE
    assert await ours.total_usd() == pytest.approx(0.9)
    await theirs.settle(0.9, 0.1)
    assert await ours.total_usd() == pytest.approx(0.1)
    assert await ours.reserve(0.5, 1.0) is Room.TAKEN


async def test_what_a_batch_holds_lasts_until_it_is_settled(connection: Connection) -> None:
    """Over all machines, longer than any of them lives, and once, however often it is said; nobody
    waits for it, as for what a request under way may leave."""
    ours, theirs = SharedLedger(connection, "job"), SharedLedger(connection, "job")
    for ledger in (ours, theirs):
        hold, settle = ledger._hold, ledger._settle_held
        ledger._hold = partial(_twice, hold)
        ledger._settle_held = partial(_twice, settle)
    assert await ours.hold("batch-a", 0.6, 1.0) is Room.TAKEN
    assert await theirs.hold("batch-a", 0.6, 1.0) is Room.TAKEN
    assert await theirs.total_usd() == pytest.approx(0.6)
    assert await theirs.hold("batch-b", 0.6, 1.0) is Room.NONE
    assert await theirs.reserve(0.6, 1.0) is Room.NONE
    assert await theirs.reserve(0.3, 1.0) is Room.TAKEN
    held = await connection.call(lambda client: client.zrange("sft:reserving:job", 0, -1))
    assert held == [theirs._owner.encode()], "what a batch holds belongs to no machine's life"
    await theirs.settle(0.3, 0.1)
    await theirs.settle_held("batch-a", 0.25)
    await ours.settle_held("batch-a", 0.25)
    assert await ours.total_usd() == pytest.approx(0.35)
    await ours.settle_held("batch-unheard-of", 0.5)
    assert await ours.total_usd() == pytest.approx(0.35)


async def test_the_answers_of_a_batch_are_there_for_other_machines(
    connection: Connection, tmp_path: Path
) -> None:
    """From the shared budget at half the price, and with another cache folder: nothing is asked."""
    source = FunctionAnswers(lambda _: Reply("x", prompt_tokens=20, completion_tokens=50))
    async with (
        Simulator(source, models=("gpt-4o",)) as simulator,
        machines(tmp_path, simulator, connection, "gpt-4o") as machine,
    ):
        budget = Budget(SharedLedger(connection, "job"), 1.0)
        first, second = machine("a", budget=budget), machine("b")
        asked = [(ask(n), 0) for n in range(5)]
        with closing(Journal(first.cache.folder)) as journal:
            buyer = BatchBuyer(Desk.of(first, journal), first.leases, "out")
            with closing(buyer):
                missing = [each for each in await first.recall(asked) if isinstance(each, Miss)]
                await buyer.buy(missing)
        found = await second.recall(asked)
        assert not any(isinstance(answer, Miss) for answer in found)
        assert simulator.charges.total() == 5
        assert await budget.ledger.total_usd() == pytest.approx(5 * (20 * 2.5 + 50 * 10) * 1e-6 / 2)


async def _twice(command: Callable[..., object], *given: object) -> object:
    first = await command(*given)
    assert await command(*given) == first
    return first


async def test_one_machine_is_told_to_wait_and_all_do(
    connection: Connection, tmp_path: Path
) -> None:
    """A 429 with Retry-After: from then on nobody sends until it has passed."""
    busy = ErrorReply(429, "slow down", retry_after_s=1.0)
    replies = iter([busy])
    source = FunctionAnswers(lambda _: next(replies, "ok"))
    policy = RetryPolicy(attempts=3, base_s=0.01)
    async with (
        Simulator(source, models=("m",)) as simulator,
        machines(tmp_path, simulator, connection) as machine,
    ):
        told, other = machine("told", retry_policy=policy), machine("other", retry_policy=policy)
        await asyncio.gather(told.verify(), other.verify())
        started = time.monotonic()
        asking = asyncio.create_task(told.ask(ask("first")))
        await asyncio.to_thread(wait_until, lambda: bool(simulator.counts))
        await asyncio.sleep(0.1)
        answers = await asyncio.gather(*(other.ask(ask(n)) for n in range(20)))
        assert time.monotonic() - started >= 1.0
        assert all(answer.completion for answer in (*answers, await asking))
        assert simulator.counts == {429: 1, 200: 21}
        assert not any(answer.retries for answer in answers)


async def test_a_pause_beyond_patience_turns_away(connection: Connection) -> None:
    """An hour is not waited for: the request fails, and may be asked for the next night."""
    limiter = Limiter()
    sharing = Sharing(connection, limiter, "p")
    await sharing.hold_back(RateLimitError("", retry_after_s=3600))
    with pytest.raises(RateLimitError, match="3600 s") as caught:
        await claimed(sharing, "k")
    assert caught.value.retry_after_s == pytest.approx(3600, abs=5)
    elsewhere = Sharing(connection, limiter, "another provider")
    assert await claimed(elsewhere, "k") is None
    await sharing.aclose()
    await elsewhere.aclose()


async def test_rate_limits_are_shared_by_those_who_send(connection: Connection) -> None:
    """Two senders have half each; one that leaves gives its half back."""
    limiters = [Limiter(), Limiter()]
    sharings = [Sharing(connection, limiter, "p") for limiter in limiters]
    for number, (limiter, sharing) in enumerate(zip(limiters, sharings, strict=True)):
        limiter.learn(RateLimits(requests_per_minute=600))
        async with limiter.slot():
            await claimed(sharing, str(number))
            await asyncio.sleep(0.3)
    async with limiters[0].slot(), limiters[1].slot():
        await asyncio.sleep(1.5)
        assert [limiter.share for limiter in limiters] == [0.5, 0.5]
        assert limiters[0].traffic.limits.requests_per_minute == 600
    async with limiters[0].slot():
        await asyncio.sleep(2.5)
        assert limiters[0].share == 1
    for sharing in sharings:
        await sharing.aclose()


async def test_a_restart_of_redis_loses_nothing(own_redis: RedisServer, tmp_path: Path) -> None:
    """Killed in mid-run and started again: nothing is sent meanwhile, and nothing twice."""
    connection = Connection(own_redis.url)
    async with (
        Simulator(SyntheticAnswers(), models=("m",), latency=0.05) as simulator,
        machines(tmp_path, simulator, connection) as machine,
    ):
        engines = machine("a", max_concurrency=2), machine("b", max_concurrency=2)
        asking = [asyncio.create_task(engine.ask(ask(n))) for n in range(30) for engine in engines]
        await asyncio.to_thread(wait_until, lambda: simulator.counts[200] >= 5)
        own_redis.kill()
        await asyncio.sleep(0.5)
        sent = simulator.counts[200]
        await asyncio.sleep(0.5)
        assert simulator.counts[200] == sent
        await asyncio.to_thread(own_redis.start)
        answers = await asyncio.gather(*asking)
        assert all(answer.completion for answer in answers)
        assert simulator.counts == {200: 30}
    await connection.aclose()


async def test_a_redis_that_stays_away_stops_the_run_and_what_is_paid_is_kept(
    own_redis: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer that was on its way is on the disk; the password is in no message."""
    connection = Connection(own_redis.url, patience_s=0.5)
    async with (
        Simulator(SyntheticAnswers(), models=("m",), latency=0.5) as simulator,
        machines(tmp_path, simulator, connection) as machine,
    ):
        engine = machine("a")
        await engine.verify()
        asking = asyncio.create_task(engine.ask(ask("q")))
        await asyncio.to_thread(
            wait_until, lambda: any(r.method == "POST" for r in simulator.requests)
        )
        with caplog.at_level(logging.DEBUG):
            own_redis.kill()
            answer = await asking
            late = await engine.ask(ask("late"))
        assert isinstance(answer.error, SharingError)
        assert isinstance(late.error, SharingError)
        assert has(engine, ask("q"))
        assert simulator.counts == {200: 1}
    assert "is away" in caplog.text
    assert PASSWORD not in caplog.text + str(answer.error) + repr(connection.__dict__)
    await connection.aclose()


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("redis://:PASSWORD@127.0.0.1:1/0", SharingError, "The Redis at 127.0.0.1:1 cannot be"),
        ("redis://127.0.0.1:{port}/0", SharingError, "already authenticated"),
        ("redis://:wrong-PASSWORD@127.0.0.1:{port}/0", SharingError, "invalid username-password"),
        ("http://:PASSWORD@127.0.0.1", SettingError, "is no URL of a Redis"),
        ("redis://:PASSWORD/x@127.0.0.1:6379", SettingError, "in percent signs"),
    ],
)
async def test_what_cannot_work_is_told_without_the_password(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, url: str, error: type[Exception], said: str
) -> None:
    """Before anything is sent."""
    url = url.format(port=redis.client.connection_pool.connection_kwargs["port"])
    monkeypatch.setenv(REDIS_URL_ENV, url.replace("PASSWORD", PASSWORD))
    with pytest.raises(error, match=said) as caught:
        async with connected():
            pass
    told = f"{caught.value!r} {caught.value} {caught.value.__cause__}"
    assert PASSWORD not in told
    assert caught.value.__suppress_context__


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the install command."""
    monkeypatch.setattr("pettingllms.engine.redis.connection.find_spec", lambda _: None)
    with pytest.raises(MissingSDKError, match="pip install"):
        Connection("redis://127.0.0.1")
