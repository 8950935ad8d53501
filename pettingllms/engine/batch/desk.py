"""What each step of a batch needs, and what they share."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.records import Batch, BatchState, Item, ItemState
from pettingllms.engine.engine import Engine
from pettingllms.engine.ledger import Ledger
from pettingllms.engine.redis import Connection, share_answers
from pettingllms.providers.batches import BatchAPI, BatchRequest
from pettingllms.utils.api_client import BaseAPIClient

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """`ledger` is that of the batch in hand, where it has one; `redis` is where other machines find
    its answers, where there are any."""

    client: BaseAPIClient
    api: BatchAPI
    cache: ResponseCache
    journal: Journal
    ledger: Ledger | None = None
    limit_usd: float = 0.0
    redis: Connection | None = None

    @classmethod
    def of(cls, engine: Engine, journal: Journal) -> Desk:
        """Of a run's engine, with the run's budget."""
        client, budget = engine.client, engine.budget
        ledger, limit_usd = (budget.ledger, budget.limit_usd) if budget else (None, 0.0)
        return cls(client, client.batches(), engine.cache, journal, ledger, limit_usd, engine.redis)

    def requests(self, items: Sequence[Item]) -> list[BatchRequest]:
        return [BatchRequest(item.key, self.client.amended(item.request.body)) for item in items]

    async def share(self, answers: Mapping[str, bytes]) -> None:
        """By key, once they are on this machine's disk. Raises: SharingError."""
        if self.redis is not None and answers:
            await share_answers(self.redis, answers)

    async def end(self, batch: Batch, usd: float, why: str = "") -> Batch:
        """It is over, at this price; nothing of it is taken any more."""
        await self.settle(batch, usd)
        return self.journal.move(batch, BatchState.DONE, why=why)

    async def drop(self, batch: Batch, why: str, state: ItemState = ItemState.AGAIN) -> Batch:
        """Nothing of it was asked, and its requests are free."""
        self.journal.free_items(batch.id, state)
        return await self.end(batch, 0.0, why)

    def hold(self, batch: Batch, why: str) -> Batch:
        """For a person to decide; what the budget holds for it, it goes on holding."""
        log.warning(
            "Batch %s (%d requests, at most $%.4f) is held: %s `sft-collect batches` lists it.",
            *(batch.id[:8], batch.size, batch.most_usd, why),
        )
        return self.journal.move(batch, BatchState.HELD, why=why)

    async def settle(self, batch: Batch, usd: float) -> None:
        if self.ledger is not None:
            await self.ledger.settle_held(batch.owner, usd)
