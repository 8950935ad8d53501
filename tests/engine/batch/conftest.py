"""One model over a simulated provider, in either dialect, and what a run leaves of its batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Answer, Budget, Engine, FileLedger, Miss
from pettingllms.engine.batch import buying, creating
from pettingllms.engine.batch.buying import BatchBuyer
from pettingllms.engine.batch.desk import Desk
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.records import Batch
from pettingllms.engine.redis import Connection, connected
from pettingllms.providers.pricing import cost_usd
from pettingllms.records import Message, Usage
from pettingllms.simulator import BatchFault, ChatBody, FunctionAnswers, Simulator, SimulatorThread
from pettingllms.utils.api_client import APIConfig

MODELS = {"openai": "gpt-4o", "claude": "claude-sonnet-4-5"}
OUTPUT = "out"


def echo(body: ChatBody) -> str:
    return f"the answer to {body.first_user_content}"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "LOOKS_S", (0.0, 0.0))
    monkeypatch.setattr(buying, "FIRST_POLL_S", 0.01)


@pytest.fixture(params=MODELS)
def api_type(request: pytest.FixtureRequest) -> str:
    return request.param


@dataclass
class Site:
    """A folder with a cache, a ledger and a journal; `buy` is one run that buys by batch."""

    folder: Path
    api_type: str
    simulator: Simulator
    numbers: int = 6
    limit_usd: float = 100.0
    has_budget: bool = True
    max_response_mb: int = 64
    wait_s: float | None = None
    seen: list[Sequence[Batch]] = field(default_factory=list[Sequence[Batch]])

    @property
    def config(self) -> APIConfig:
        is_openai = self.api_type == "openai"
        url = self.simulator.base_url if is_openai else self.simulator.anthropic_base_url
        return APIConfig(
            self.api_type, "key", MODELS[self.api_type], url, max_tokens=100,
            max_response_mb=self.max_response_mb,
        )  # fmt: skip

    @property
    def cache_dir(self) -> Path:
        return self.folder / "cache"

    def engine(self, cache: ResponseCache, redis: Connection | None = None) -> Engine:
        if not self.has_budget:
            return Engine(self.config, cache, "run", redis=redis)
        ledger = FileLedger(self.folder / "spending.db")
        budget = Budget(ledger, self.limit_usd)
        return Engine(self.config, cache, "run", budget=budget, redis=redis)

    async def misses(self, engine: Engine) -> list[Miss]:
        asked = [([Message(role="user", content=f"{n:04}")], 0) for n in range(self.numbers)]
        return [found for found in await engine.recall(asked) if isinstance(found, Miss)]

    async def buy(self) -> None:
        """With other machines, where the environment names a Redis."""
        with closing(ResponseCache(self.cache_dir)) as cache:
            async with connected() as redis:
                await self._buy(cache, redis)

    async def ask_online(self) -> list[Answer]:
        """What comes of each question that no batch, here or elsewhere, has answered."""
        with closing(ResponseCache(self.cache_dir)) as cache:
            async with connected() as redis:
                engine = self.engine(cache, redis)
                answers = [await engine.buy(miss) for miss in await self.misses(engine)]
                await engine.aclose()
        return answers

    async def _buy(self, cache: ResponseCache, redis: Connection | None) -> None:
        engine, journal = self.engine(cache, redis), Journal(self.cache_dir)
        deadline = None if self.wait_s is None else time.monotonic() + self.wait_s
        desk = Desk.of(engine, journal)
        buyer = BatchBuyer(desk, engine.leases, OUTPUT, deadline, self.seen.append)
        try:
            await buyer.buy(await self.misses(engine))
        finally:
            buyer.close()
            journal.close()
            await engine.aclose()

    def run(self) -> None:
        asyncio.run(self.buy())

    def answers(self) -> list[str]:
        """What is kept, in the order of the questions."""
        with closing(ResponseCache(self.cache_dir)) as cache:
            return sorted(entry.completion.text for entry in cache.entries())

    @property
    def all_answers(self) -> list[str]:
        return [f"the answer to {n:04}" for n in range(self.numbers)]

    def spent_usd(self) -> float:
        ledger = FileLedger(self.folder / "spending.db")
        with closing(ledger):
            return asyncio.run(ledger.total_usd())

    def billed_usd(self) -> float:
        """By the provider's own books."""
        return sum(
            times * (cost_usd(self.api_type, charge.model, _usage(charge), tier=charge.tier) or 0.0)
            for charge, times in self.simulator.charges.items()
        )

    def billed_answers(self) -> int:
        return self.simulator.charges.total()

    def batches(self) -> list[Batch]:
        with closing(Journal(self.cache_dir)) as journal:
            return journal.batches()

    def at_provider(self) -> list[str]:
        """The names of those that it has made, as its console would show them."""
        return [*self.simulator._batches._shop.batches]  # pyright: ignore[reportPrivateUsage]

    def created(self) -> int:
        """How many batches the provider was asked to create."""
        paths = ("/v1/batches", "/v1/messages/batches")
        sent = [(request.method, request.path) for request in self.simulator.requests]
        return sum(one == ("POST", path) for one in sent for path in paths)


def _usage(charge: object) -> Usage:
    return Usage(charge.prompt_tokens, charge.completion_tokens)  # type: ignore[attr-defined]


Faults = Sequence[Collection[BatchFault]]


def with_faults(*faults: Collection[BatchFault]) -> pytest.MarkDecorator:
    """The provider's first batches have these, one set each."""
    name = " then ".join("+".join(sorted(each)) for each in faults)
    return pytest.mark.parametrize("faults", [faults], indirect=True, ids=[name])


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Faults:
    return getattr(request, "param", ())


@pytest.fixture
def site(tmp_path: Path, api_type: str, faults: Faults) -> Iterator[Site]:
    simulator = Simulator(FunctionAnswers(echo), models=tuple(MODELS.values()), batch_faults=faults)
    with SimulatorThread(simulator) as running:
        yield Site(tmp_path, api_type, running)
