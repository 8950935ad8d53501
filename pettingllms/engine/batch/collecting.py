"""From a batch at the provider to answers in the cache: each durable before its request is free."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from pettingllms.cache.responses import answer_content
from pettingllms.engine.batch.desk import Desk, log
from pettingllms.engine.batch.records import Batch, Item, ItemState
from pettingllms.errors import (
    BaseURLError,
    CollectError,
    FatalError,
    TransientError,
    UnknownModelError,
)
from pettingllms.providers.batches import LineResult, RemoteBatch, RemoteProgress
from pettingllms.providers.pricing import completion_cost_usd
from pettingllms.providers.tokens import with_usage
from pettingllms.records import Completion

T = TypeVar("T")
_TOGETHER = 200
"""Answers that are made durable together."""
_NOT_THERE = BaseURLError, UnknownModelError
"""What a 404 is taken for elsewhere."""
TOO_MUCH_UNDER_WAY = "token_limit_exceeded"


async def look(desk: Desk, batch: Batch) -> Batch:
    """A created batch, one step further: its counts, or all its answers. Raises: FatalErrors, also
    those of its requests once all are read; TransientErrors."""
    try:
        remote = await desk.api.look(batch.remote_id)
    except _NOT_THERE as error:
        return desk.hold(batch, f"the provider does not know it any more: {error.message}")
    batch = desk.journal.move(batch, counts=remote.counts)
    if remote.progress is RemoteProgress.REFUSED:
        log.warning("Batch %s was not accepted: %s", batch.id[:8], remote.why)
        return await desk.drop(batch, remote.why or "its input was not accepted")
    if remote.progress is not RemoteProgress.ENDED:
        return batch
    try:
        return await _collect(desk, batch, remote)
    except _NOT_THERE as error:
        return desk.hold(
            batch,
            f"its results are gone, and it was billed: {error.message} `batches release"
            f" {batch.id[:8]}` lets them be bought again.",
        )


async def _collect(desk: Desk, batch: Batch, remote: RemoteBatch) -> Batch:
    waiting = {item.key: item for item in desk.journal.items(batch.id, ItemState.WAITING)}
    fatal: FatalError | None = None
    billed_in_vain = 0.0
    async for results in _together(desk.api.results(remote)):
        ended: dict[str, ItemState] = {}
        known = [(waiting[r.key], r) for r in results if r.key in waiting]
        kept = desk.cache.get_many([item.key for item, _ in known])
        answered = [(item, r.completion) for item, r in known if r.completion is not None]
        new = [(item, answer) for item, answer in answered if item.key not in kept]
        kept |= dict(await asyncio.gather(*(_keep(desk, batch, *each) for each in new)))
        await desk.share(
            {item.key: answer_content(item.request, kept[item.key]) for item, _ in answered}
        )
        for item, result in known:
            if result.error is None:
                ended[item.key] = ItemState.ANSWERED
                continue
            ended[item.key] = _state_after(desk, item, result.error)
            billed_in_vain += (item.most_usd or 0.0) if result.error.may_be_billed else 0.0
            if isinstance(result.error, FatalError):
                fatal = fatal or result.error
        desk.journal.end_items(batch.id, ended)
    batch = await _finish(desk, batch, remote, billed_in_vain)
    if fatal is not None:
        raise fatal
    return batch


async def _keep(
    desk: Desk, batch: Batch, item: Item, completion: Completion
) -> tuple[str, Completion]:
    hidden = batch.config.max_tokens if batch.config.will_think else 0
    completion = with_usage(completion, item.most_prompt, hidden)
    completion = dataclasses.replace(completion, run_id=batch.owner)
    await desk.cache.put(item.key, item.request, completion)
    return item.key, completion


def _state_after(desk: Desk, item: Item, error: CollectError) -> ItemState:
    """Of a request that was not answered: what passes is worth another batch, and so is what the
    refusal has taught how to ask; the rest is asked as any other request, and gets its error."""
    if isinstance(error, TransientError) and not error.is_in_vain:
        return ItemState.AGAIN
    is_mended = desk.client.learn_from(desk.client.amended(item.request.body), error)
    return ItemState.AGAIN if is_mended else ItemState.LEFT


async def _finish(desk: Desk, batch: Batch, remote: RemoteBatch, billed_in_vain: float) -> Batch:
    """What has no line was not answered, unless the provider counts more answers than there are
    lines: then some are lost, and which of them nobody can tell."""
    items = {item.key: item for item in desk.journal.items(batch.id)}
    states = desk.journal.states(batch.id)
    missing = [key for key, state in states.items() if state is ItemState.WAITING]
    answered = [key for key, state in states.items() if state is ItemState.ANSWERED]
    are_lost = bool(missing) and remote.counts.answered > len(answered)
    state = ItemState.LOST if are_lost else ItemState.AGAIN
    usd = paid_usd(desk, batch, answered) + billed_in_vain
    if are_lost:
        usd += sum(items[key].most_usd or 0.0 for key in missing)
    desk.journal.end_items(batch.id, dict.fromkeys(missing, state))
    if not are_lost:
        return await desk.end(batch, usd)
    await desk.settle(batch, usd)
    return desk.hold(
        batch,
        f"{len(missing)} of its requests have no readable line in the results, and some of them"
        f" were answered and billed. `batches release {batch.id[:8]}` lets them be bought again.",
    )


def paid_usd(desk: Desk, batch: Batch, keys: list[str]) -> float:
    """What the answers cost that are kept."""
    kept: Mapping[str, Completion] = desk.cache.get_many(keys)
    costs = (completion_cost_usd(batch.config, completion) for completion in kept.values())
    return sum(cost or 0.0 for cost in costs)


async def _together(results: AsyncIterator[LineResult]) -> AsyncIterator[list[LineResult]]:
    gathered: list[LineResult] = []
    async for result in results:
        gathered.append(result)
        if len(gathered) == _TOGETHER:
            yield gathered
            gathered = []
    yield gathered
