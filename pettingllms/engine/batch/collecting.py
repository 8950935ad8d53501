"""From a batch at the provider to answers in the cache: each durable before its request is free."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

from pettingllms.cache.responses import answer_content
from pettingllms.engine.batch.desk import Desk, log
from pettingllms.engine.batch.records import TAKEN, Batch, Item, ItemState, batches_command
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
            f"its results are gone, and it was billed: {error.message} {_release(desk, batch)}",
        )


async def _collect(desk: Desk, batch: Batch, remote: RemoteBatch) -> Batch:
    fatal: FatalError | None = None
    async for results in _together(desk.api.results(remote)):
        items = desk.journal.unanswered(batch.id, [result.key for result in results])
        known = [(items[r.key], r) for r in results if r.key in items]
        answers = {item.key: (item, r.completion) for item, r in known if r.completion is not None}
        await _keep(desk, batch, answers)
        ended = dict.fromkeys(answers, ItemState.ANSWERED)
        failed = [(item, r.error) for item, r in known if r.error and item.key not in answers]
        ended |= {item.key: _state_after(desk, item, error) for item, error in failed}
        in_vain = {item.key for item, error in failed if error.may_be_billed}
        desk.journal.end_items(batch.id, ended, in_vain)
        fatal = fatal or next((e for _, e in failed if isinstance(e, FatalError)), None)
    batch = await _finish(desk, batch, remote)
    if fatal is not None:
        raise fatal
    return batch


async def _keep(desk: Desk, batch: Batch, answers: Mapping[str, tuple[Item, Completion]]) -> None:
    """On this machine's disk, and then where others find them."""
    kept = desk.cache.get_many([*answers])
    new = {key: each for key, each in answers.items() if key not in kept}
    kept |= dict(await asyncio.gather(*(_put(desk, batch, *each) for each in new.values())))
    await desk.others.share(
        {key: answer_content(answers[key][0].request, kept[key]) for key in answers}
    )


async def _put(
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


async def _finish(desk: Desk, batch: Batch, remote: RemoteBatch) -> Batch:
    """What has no line was not answered, unless the provider counts more answers than there are
    lines: then some are lost, and which of them nobody can tell."""
    journal = desk.journal
    missing = journal.keys(batch.id, *TAKEN)
    answered = journal.keys(batch.id, ItemState.ANSWERED)
    are_lost = bool(missing) and remote.counts.answered > len(answered)
    state = ItemState.LOST if are_lost else ItemState.AGAIN
    journal.end_items(batch.id, dict.fromkeys(missing, state))
    usd = paid_usd(desk, batch, answered) + journal.perhaps_billed(batch.id).usd
    if not are_lost:
        return await desk.end(batch, usd)
    await desk.settle(batch, usd)
    await desk.others.let_go(batch)
    return desk.hold(
        batch,
        f"{len(missing)} of its requests have no readable line in the results, and some of them"
        f" were answered and billed. {_release(desk, batch)}",
    )


def _release(desk: Desk, batch: Batch) -> str:
    typed = batches_command(desk.cache.folder, f"release {batch.id[:8]}")
    return f"{typed} lets them be bought again."


def paid_usd(desk: Desk, batch: Batch, keys: Sequence[str]) -> float:
    """What the answers cost that are kept."""
    usd = 0.0
    for start in range(0, len(keys), _TOGETHER):
        kept = desk.cache.get_many(keys[start : start + _TOGETHER])
        costs = (completion_cost_usd(batch.config, completion) for completion in kept.values())
        usd += sum(cost or 0.0 for cost in costs)
    return usd


async def _together(results: AsyncIterator[LineResult]) -> AsyncIterator[list[LineResult]]:
    gathered: list[LineResult] = []
    async for result in results:
        gathered.append(result)
        if len(gathered) == _TOGETHER:
            yield gathered
            gathered = []
    yield gathered
