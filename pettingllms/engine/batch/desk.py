"""What each step of a batch needs, and what they share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.others import Others
from pettingllms.engine.batch.records import Batch, BatchState, ItemState, batches_command
from pettingllms.engine.engine import Engine
from pettingllms.engine.ledger import Ledger
from pettingllms.providers.batches import BatchAPI, BatchRequest
from pettingllms.utils.api_client import BaseAPIClient

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """`ledger` is that of the batch in hand, where it has one."""

    client: BaseAPIClient
    api: BatchAPI
    cache: ResponseCache
    journal: Journal
    others: Others
    ledger: Ledger | None = None
    limit_usd: float = 0.0

    @classmethod
    def of(cls, engine: Engine, journal: Journal) -> Desk:
        """Of a run's engine, with the run's budget."""
        client, budget = engine.client, engine.budget
        ledger, limit_usd = (budget.ledger, budget.limit_usd) if budget else (None, 0.0)
        others = Others(engine.redis, journal, engine.cache.folder)
        return cls(client, client.batches(), engine.cache, journal, others, ledger, limit_usd)

    def requests(self, batch: Batch) -> Iterator[BatchRequest]:
        for item in self.journal.items(batch.id):
            yield BatchRequest(item.key, self.client.amended(item.request.body))

    async def end(self, batch: Batch, usd: float, why: str = "") -> Batch:
        """It is over, at this price; nothing of it is taken any more."""
        await self.settle(batch, usd)
        await self.others.let_go(batch, is_over=True)
        return self.journal.move(batch, BatchState.DONE, why=why)

    async def drop(self, batch: Batch, why: str, state: ItemState = ItemState.AGAIN) -> Batch:
        """Nothing of it was asked, and its requests are free."""
        self.journal.free_items(batch.id, state)
        return await self.end(batch, 0.0, why)

    def hold(self, batch: Batch, why: str) -> Batch:
        """For a person to decide; what the budget holds for it, it goes on holding."""
        log.warning(
            "Batch %s (%d requests, at most $%.4f) is held: %s %s lists it.",
            *(batch.id[:8], batch.size, batch.most_usd, why, batches_command(self.cache.folder)),
        )
        return self.journal.move(batch, BatchState.HELD, why=why)

    async def settle(self, batch: Batch, usd: float) -> None:
        if self.ledger is not None:
            await self.ledger.settle_held(batch.owner, usd)
