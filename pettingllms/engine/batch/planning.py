"""From requests that are not answered to planned batches, each within what a provider takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.records import Batch, BatchState, Item
from pettingllms.engine.budget import most_prompt_tokens
from pettingllms.engine.engine import Miss
from pettingllms.engine.leases import Lease, Leases
from pettingllms.providers.batches import BatchAPI, BatchLimits, BatchRequest
from pettingllms.providers.config import APIConfig
from pettingllms.providers.pricing import BATCH, most_cost_usd
from pettingllms.records import Usage


@dataclass(frozen=True, slots=True)
class Most:
    """What one batch may have: requests, bytes, and US dollars at their worst."""

    requests: int
    content_bytes: int
    usd: float = float("inf")


def item_of(config: APIConfig, miss: Miss) -> Item:
    prompt = most_prompt_tokens(config, miss.messages)
    usd = most_cost_usd(config, Usage(prompt, config.max_tokens), BATCH)
    return Item(miss.request_key, miss.request, miss.turn, prompt, usd)


def most_of(limits: BatchLimits, requests: int | None = None, usd: float | None = None) -> Most:
    return Most(
        min(limits.requests, requests or limits.requests),
        limits.content_bytes,
        float("inf") if usd is None else usd,
    )


def cut(items: Sequence[Item], api: BatchAPI, most: Most) -> Iterator[tuple[Item, ...]]:
    """In their order, a batch as large as may be after the other; of one model each, where the
    provider wants it. An item that is too large for any batch is in none."""
    by_model: dict[object, list[Item]] = {}
    for item in items:
        model = item.request.body.get("model") if api.limits.one_model else None
        by_model.setdefault(model, []).append(item)
    for of_model in by_model.values():
        yield from _cut_one(of_model, api, most)


def _cut_one(items: Sequence[Item], api: BatchAPI, most: Most) -> Iterator[tuple[Item, ...]]:
    batch: list[Item] = []
    content_bytes, usd = 0, 0.0
    for item in items:
        size = api.size(BatchRequest(item.key, item.request.body))
        cost = item.most_usd or 0.0
        if size > most.content_bytes or cost > most.usd:
            continue
        is_full = len(batch) == most.requests or content_bytes + size > most.content_bytes
        if batch and (is_full or usd + cost > most.usd):
            yield tuple(batch)
            batch, content_bytes, usd = [], 0, 0.0
        batch.append(item)
        content_bytes, usd = content_bytes + size, usd + cost
    if batch:
        yield tuple(batch)


def new_batch(
    items: Sequence[Item], config: APIConfig, output: str, ledger: str, first_row: int
) -> Batch:
    return Batch(
        id=uuid4().hex,
        state=BatchState.PLANNED,
        config=config,
        size=len(items),
        output=output,
        ledger=ledger,
        most_usd=sum(item.most_usd or 0.0 for item in items),
        first_row=first_row,
    )


class Freed:
    """Of some requests, those that nobody else asks for, while the block lasts: no process has
    them under way, no batch has taken them, and they are not answered by now."""

    def __init__(
        self, misses: Sequence[Miss], leases: Leases, cache: ResponseCache, journal: Journal
    ) -> None:
        self._asked = {miss.request_key: miss for miss in misses}
        self._leases = leases
        self._cache = cache
        self._journal = journal
        self._held: list[Lease] = []

    def __enter__(self) -> list[Miss]:
        free: list[Miss] = []
        for key, miss in self._asked.items():
            lease = self._leases.lease(key)
            if lease.try_take():
                self._held.append(lease)
                free.append(miss)
        answered = self._cache.get_many([miss.request_key for miss in free])
        return [
            miss
            for miss in free
            if miss.request_key not in answered and self._journal.holder(miss.request_key) is None
        ]

    def __exit__(self, *_: object) -> None:
        for lease in self._held:
            lease.release()
