"""The engine over a real cache and a real SDK: paid once, stopped at once, never raising."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Engine, Miss, with_model
from pettingllms.errors import (
    ContextLengthError,
    KeyRefusedError,
    QuotaError,
    ServerError,
    SettingError,
    UnknownModelError,
    UnreachableError,
)
from pettingllms.providers.dispatch import RetryPolicy
from pettingllms.records import ChatRequest, Completion, Message
from pettingllms.simulator import (
    ErrorReply,
    Faults,
    FunctionAnswers,
    Simulator,
    SyntheticAnswers,
    fault_named,
)
from pettingllms.utils.api_client import APIConfig
from tests.engine.kept import has
from tests.processes import free_port

FAST = RetryPolicy(attempts=3, base_s=0.01)


def ask(text: str) -> list[Message]:
    return [Message(role="user", content=text)]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ResponseCache]:
    cache = ResponseCache(tmp_path / "cache")
    yield cache
    cache.close()


def config_of(simulator: Simulator) -> APIConfig:
    return APIConfig("openai", "k", "m", base_url=simulator.base_url)


async def test_identical_requests_at_the_same_time_are_one(cache: ResponseCache) -> None:
    """Fifty callers, one request, one bill: the others are told that it cost them nothing."""
    async with Simulator(SyntheticAnswers(), models=("m",), latency=0.1) as simulator:
        engine = Engine(config_of(simulator), cache, "run")
        answers = await asyncio.gather(*(engine.ask(ask("same")) for _ in range(50)))
        await engine.aclose()
        assert simulator.counts == {200: 1}
    texts = {answer.completion.text for answer in answers if answer.completion}
    assert len(texts) == 1
    assert [a.completion.cached for a in answers if a.completion].count(False) == 1


async def test_samples_are_asked_for_one_by_one(cache: ResponseCache) -> None:
    """Each sample has a key of its own; a kept one is not asked for."""
    async with Simulator(SyntheticAnswers(), models=("m",)) as simulator:
        engine = Engine(config_of(simulator), cache, "run")
        for sample in (0, 1, 0, 2):
            await engine.ask(ask("q"), sample)
        assert has(engine, ask("q"), 2)
        assert not has(engine, ask("q"), 3)
        await engine.aclose()
        assert simulator.counts == {200: 3}


async def test_an_answer_is_on_the_disk_before_anyone_sees_it(
    cache: ResponseCache, tmp_path: Path
) -> None:
    """A second process that opens the cache at that moment finds it."""
    async with Simulator(SyntheticAnswers(), models=("m",)) as simulator:
        engine = Engine(config_of(simulator), cache, "run")
        answer = await engine.ask(ask("q"))
        other = ResponseCache(tmp_path / "cache")
        kept = other.get(answer.request_key)
        other.close()
        await engine.aclose()
    assert kept == replace(answer.completion, cached=True)
    assert kept.run_id == "run"


async def test_kept_answers_need_no_server(cache: ResponseCache) -> None:
    """No client is built, nothing is verified."""
    async with Simulator(SyntheticAnswers(), models=("m",)) as simulator:
        config = config_of(simulator)
        engine = Engine(config, cache, "run")
        first = await engine.ask(ask("q"))
        await engine.aclose()
    async with aclosing(Engine(config, cache, "another")) as engine:
        again = await engine.ask(ask("q"))
    assert again.completion.text == first.completion.text
    assert again.completion.cached


async def test_kept_answers_are_recalled_together(cache: ResponseCache) -> None:
    """Each as `ask` would give it; one that is not kept can be bought without another look."""
    async with Simulator(SyntheticAnswers(), models=("m",)) as simulator:
        engine = Engine(config_of(simulator), cache, "run")
        await engine.ask(ask("a"))
        await engine.ask(ask("a"), sample=1)
        first, second, third = await engine.recall([(ask("a"), 0), (ask("b"), 0), (ask("a"), 1)])
        assert (first, third) == (await engine.ask(ask("a")), await engine.ask(ask("a"), 1))
        assert isinstance(second, Miss)
        assert simulator.counts == {200: 2}
        bought, joined = await asyncio.gather(engine.buy(second), engine.buy(second))
        assert (bought.completion.cached, joined.completion.cached) == (False, True)
        assert (await engine.buy(second)).completion.cached
        assert simulator.counts == {200: 3}
        await engine.aclose()


async def test_an_answer_counts_as_on_its_way_until_it_is_kept(tmp_path: Path) -> None:
    """So that a kill at any moment loses no more of them than may be in flight."""
    waiting, may_write = asyncio.Semaphore(0), asyncio.Event()

    class SlowDisk(ResponseCache):
        async def put(self, key: str, request: ChatRequest, completion: Completion) -> None:
            waiting.release()
            await may_write.wait()
            await super().put(key, request, completion)

    slow = SlowDisk(tmp_path / "cache")
    async with Simulator(SyntheticAnswers(), models=("m",)) as simulator:
        engine = Engine(config_of(simulator), slow, "run", max_concurrency=4)
        asking = asyncio.gather(*(engine.ask(ask(f"{n}")) for n in range(12)))
        for _ in range(4):
            await waiting.acquire()
        await asyncio.sleep(0.2)
        assert simulator.counts[200] == 4
        may_write.set()
        assert all(answer.completion for answer in await asking)
        await engine.aclose()
    slow.close()


async def test_transient_failures_come_back_with_the_answer(cache: ResponseCache) -> None:
    """Counted by cause; when patience ends the error is the answer, and nothing is kept."""
    script = [fault_named("500"), None, *[fault_named("503")] * 3, None]
    faults = Faults(script=script)
    async with Simulator(SyntheticAnswers(), models=("m",), faults=faults) as simulator:
        engine = Engine(config_of(simulator), cache, "run", retry_policy=FAST)
        first = await engine.ask(ask("a"))
        assert (first.error, first.retries) == (None, {"server_error": 1})
        second = await engine.ask(ask("b"))
        assert isinstance(second.error, ServerError)
        assert second.is_worth_asking_again
        assert second.retries == {"server_error": 2}
        assert (await engine.ask(ask("b"))).completion
        await engine.aclose()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ErrorReply(401, "no"), KeyRefusedError),
        (fault_named("quota"), QuotaError),
        (ErrorReply(404, "gone", code="model_not_found"), UnknownModelError),
    ],
)
async def test_after_a_fatal_error_no_more_leave_than_were_in_flight(
    cache: ResponseCache, fault: ErrorReply, error: type[Exception]
) -> None:
    """Two hundred wait; the first that come back stop them all, and nothing is sent again."""
    async with Simulator(
        FunctionAnswers(lambda _: fault), models=("m",), latency=0.05
    ) as simulator:
        engine = Engine(config_of(simulator), cache, "run", retry_policy=FAST)
        answers = await asyncio.gather(*(engine.ask(ask(f"{n}")) for n in range(200)))
        assert sum(simulator.counts.values()) <= 32
        assert isinstance(engine.stopped_by, error)
        assert all(isinstance(answer.error, error) for answer in answers)
        late = await engine.ask(ask("late"))
        assert isinstance(late.error, error)
        await engine.aclose()


async def test_a_row_that_is_refused_costs_its_neighbours_nothing(cache: ResponseCache) -> None:
    """Its error is data; it is not sent again, and the others are answered."""
    refusal = ErrorReply(400, "too long", code="context_length_exceeded")
    source = FunctionAnswers(lambda body: refusal if body.first_user_content == "2" else "ok")
    async with Simulator(source, models=("m",)) as simulator:
        engine = Engine(config_of(simulator), cache, "run", retry_policy=FAST)
        answers = await asyncio.gather(*(engine.ask(ask(f"{n}")) for n in range(5)))
        await engine.aclose()
        assert simulator.counts == {200: 4, 400: 1}
    errors = [type(answer.error) for answer in answers if answer.error]
    assert errors == [ContextLengthError]
    assert engine.stopped_by is None


async def test_a_server_that_is_not_there_is_found_before_a_row_is_sent(
    cache: ResponseCache,
) -> None:
    """With the address, and what to start or set."""
    config = APIConfig("openai", "k", "m", base_url=f"http://127.0.0.1:{free_port()}/v1")
    async with aclosing(Engine(config, cache, "run")) as engine:
        with pytest.raises(UnreachableError, match="Nothing answers at http://127"):
            await engine.verify()
    with pytest.raises(UnreachableError, match="--base-url"):
        await with_model(replace(config, api_type="local", model=""))


async def test_the_first_model_is_taken_where_none_is_named(cache: ResponseCache) -> None:
    """A named one is left alone; a server without models says so."""
    async with Simulator(SyntheticAnswers(), models=("a", "b")) as simulator:
        config = replace(config_of(simulator), api_type="local", model="")
        assert (await with_model(config)).model == "a"
        assert (await with_model(replace(config, model="b"))).model == "b"
    async with Simulator(SyntheticAnswers(), models=()) as simulator:
        with pytest.raises(SettingError, match="lists no models"):
            await with_model(replace(config, base_url=simulator.base_url))


async def test_a_caller_that_goes_away_does_not_lose_the_answer(cache: ResponseCache) -> None:
    """The request is paid for by then: it is kept for the next one who asks."""
    async with Simulator(SyntheticAnswers(), models=("m",), latency=0.2) as simulator:
        engine = Engine(config_of(simulator), cache, "run")
        await engine.verify()
        asking = asyncio.create_task(engine.ask(ask("q")))
        await asyncio.sleep(0.1)
        asking.cancel()
        again = await engine.ask(ask("q"))
        await engine.aclose()
        assert again.completion
        assert simulator.counts == {200: 1}


async def test_more_requests_are_in_flight_than_a_pool_has_by_default(
    cache: ResponseCache,
) -> None:
    """All that the limiter lets through reach the server, before the first is answered."""
    source = SyntheticAnswers()
    async with Simulator(source, models=("m",), latency=5) as simulator:
        engine = Engine(config_of(simulator), cache, "run", max_concurrency=200)
        engine._dispatcher.limiter.concurrency = 200
        await engine.verify()
        asking = [asyncio.create_task(engine.ask(ask(f"{n}"))) for n in range(200)]
        while sum(r.method == "POST" for r in simulator.requests) < 200:
            assert not simulator.counts, "answers came before all were sent"
            await asyncio.sleep(0.05)
        for task in asking:
            task.cancel()
        await engine.aclose()
