"""A request in a batch of one machine is bought by no other, whatever becomes of that machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli import main
from pettingllms.engine.batch.records import BatchesUnderWay, BatchState
from pettingllms.engine.redis import REDIS_URL_ENV
from pettingllms.errors import InBatchError
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.engine.batch.conftest import (  # noqa: F401 - fixtures
    MODELS,
    Site,
    api_type,
    echo,
    faults,
    no_waits,
    with_faults,
)
from tests.engine.batch.killing import killed_at, places_of
from tests.engine.batch.test_kills import _Urls

from .redis_server import RedisServer

openai_only = pytest.mark.parametrize("api_type", ["openai"], indirect=True)


@pytest.fixture
def here(
    tmp_path: Path, redis: RedisServer, api_type: str, faults: object,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:  # fmt: skip
    """A machine on an empty Redis."""
    redis.empty()
    monkeypatch.setenv(REDIS_URL_ENV, redis.url)
    simulator = Simulator(FunctionAnswers(echo), models=tuple(MODELS.values()), batch_faults=faults)
    with SimulatorThread(simulator) as running:
        yield Site(tmp_path / "here", api_type, running)


@pytest.fixture
def there(here: Site, tmp_path: Path) -> Site:
    """Another one, with a cache, a journal and a ledger of its own."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    return replace(here, folder=tmp_path / "there")


def leave_under_way(site: Site) -> None:
    with pytest.raises(BatchesUnderWay):
        replace(site, wait_s=0.0).run()


def check_nothing_is_bought(there: Site) -> None:
    there.run()
    answers = asyncio.run(there.ask_online())
    assert {type(answer.error) for answer in answers} == {InBatchError}
    assert there.created() == 1
    assert not [each for each in there.simulator.requests if "completions" in each.path]


def check_all_was_paid_once(*sites: Site) -> None:
    for site in sites:
        asyncio.run(site.ask_online())
        assert site.answers() == site.all_answers
    assert sites[0].billed_answers() == sites[0].numbers


def taken_in(redis: RedisServer) -> tuple[int, int]:
    """Requests and batches that all machines leave alone."""
    return redis.client.hlen("sft:batched"), redis.client.hlen("sft:batches")  # type: ignore[return-value]


def test_what_a_machine_has_in_a_batch_no_other_buys(
    here: Site, there: Site, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Online or in a batch; it is told which one and where, and has the answers afterwards."""
    leave_under_way(here)
    check_nothing_is_bought(there)
    (batch,) = here.batches()
    assert f"6 requests are in batch {batch.id[:8]} of " in caplog.text
    assert str(here.cache_dir) in caplog.text
    here.run()
    check_all_was_paid_once(here, there)
    assert taken_in(redis) == (0, 0)


@openai_only
def test_a_redis_that_has_lost_everything_is_told_again(
    here: Site, there: Site, redis: RedisServer
) -> None:
    leave_under_way(here)
    redis.empty()
    leave_under_way(here)
    check_nothing_is_bought(there)


@openai_only
def test_a_batch_that_was_planned_without_redis_is_made_known(
    here: Site, there: Site, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that has ended without is taken back."""
    monkeypatch.delenv(REDIS_URL_ENV)
    leave_under_way(here)
    monkeypatch.setenv(REDIS_URL_ENV, redis.url)
    leave_under_way(here)
    check_nothing_is_bought(there)
    monkeypatch.delenv(REDIS_URL_ENV)
    here.run()
    monkeypatch.setenv(REDIS_URL_ENV, redis.url)
    here.run()
    assert taken_in(redis) == (0, 0)


@openai_only
def test_what_another_machine_has_asked_for_is_in_no_batch(
    here: Site, there: Site, redis: RedisServer
) -> None:
    """Found out when the batch is about to be sent: it is sent without."""
    there.numbers = 2
    asyncio.run(there.ask_online())
    with_all = replace(here)

    async def misses_as_before(engine: object) -> object:
        return [
            replace(found)
            for found in await Site.misses(with_all, _Alone(engine))  # type: ignore[arg-type]
        ]

    with_all.misses = misses_as_before  # type: ignore[method-assign,assignment]
    with_all.run()
    assert here.batches()[0].size == 4
    there.numbers = 6
    check_all_was_paid_once(here, there)


class _Alone:
    """An engine's questions, as if it knew of no other machine yet."""

    def __init__(self, engine: object) -> None:
        self._engine = engine

    async def recall(self, asked: object) -> object:
        sharing, self._engine._sharing = self._engine._sharing, None  # type: ignore[attr-defined]
        try:
            return await self._engine.recall(asked)  # type: ignore[attr-defined]
        finally:
            self._engine._sharing = sharing  # type: ignore[attr-defined]


@with_faults({"failed-request"})
def test_a_batch_that_is_held_is_given_up_from_either_machine(
    here: Site, there: Site, redis: RedisServer, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """`batches` there says who holds it; `batches release` frees it, from there too."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    here.run()
    (batch,) = here.batches()
    assert batch.state is BatchState.HELD
    check_nothing_is_bought(there)
    over = ["--cache-dir", str(there.cache_dir)]
    assert main(["batches", *over]) == 0
    listed = "".join(capsys.readouterr().out.split())
    assert f"{batch.id[:8]}:at" in listed
    assert str(here.cache_dir) in listed
    assert main(["batches", "release", batch.id[:8], *over]) == 0
    assert "6 requests of" in capsys.readouterr().out
    assert taken_in(redis) == (0, 0)
    check_all_was_paid_once(there)


@openai_only
@with_faults({"failed-request"})
def test_what_is_released_by_its_own_machine_is_free_for_all(
    here: Site, there: Site, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    here.run()
    (batch,) = here.batches()
    over = ["--cache-dir", str(here.cache_dir)]
    assert main(["batches", "release", batch.id[:8], *over]) == 0
    assert taken_in(redis) == (0, 0)
    check_all_was_paid_once(there, here)


class Work:
    """A run on a machine with Redis, for a process of its own."""

    def __init__(self, site: Site, redis_url: str) -> None:
        self._site = site.folder, site.api_type
        self._urls = site.simulator.base_url, site.simulator.anthropic_base_url
        self._redis_url = redis_url

    async def __call__(self) -> None:
        os.environ[REDIS_URL_ENV] = self._redis_url
        await Site(*self._site, _Urls(*self._urls), numbers=2).buy()  # type: ignore[arg-type]


def test_a_machine_that_is_killed_at_any_place(here: Site, redis: RedisServer) -> None:
    """What it had in a batch stays its own, however far it was; what it had not, others buy. In
    the end both machines have all, and nothing was paid twice."""
    here.numbers = 2
    root = here.folder
    places = places_of(Work(_new(here, root / "whole"), redis.url))
    assert sum("SharedBatches" in place for place in places) >= 6
    for number, place in enumerate(places, start=1):
        if "Shared" not in "".join(places[max(0, number - 2) : number + 1]):
            continue
        redis.empty()
        here.simulator.charges.clear()
        one, other = _new(here, root / f"{number}-one"), _new(here, root / f"{number}-other")
        assert [*killed_at(Work(one, redis.url), number)] == [-9], place
        asyncio.run(other.ask_online())
        one.run()
        asyncio.run(one.ask_online())
        asyncio.run(other.ask_online())
        assert one.answers() == other.answers() == one.all_answers, place
        assert here.billed_answers() == here.numbers, place
        assert taken_in(redis) == (0, 0), place


def _new(site: Site, folder: Path) -> Site:
    folder.mkdir(parents=True)
    return replace(site, folder=folder)
