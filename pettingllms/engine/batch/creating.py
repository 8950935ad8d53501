"""From a plan to a batch at the provider: created once, or found again, or held."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing

from pettingllms.engine.batch.desk import Desk
from pettingllms.engine.batch.records import Batch, BatchState, ItemState, batches_command
from pettingllms.engine.ledger import Room
from pettingllms.errors import (
    CollectError,
    ConnectionFailedError,
    FatalError,
    RateLimitError,
    RequestRefusedError,
    RowError,
    ServerError,
)
from pettingllms.files.spool import Spool
from pettingllms.providers.batches import Intent

LOOKS_S = (0.0, 1.0, 4.0)
"""Seconds before each look for a batch that may have been created just now."""
NO_ROOM = "it waits for room in the budget"


async def create(desk: Desk, batch: Batch) -> Batch:
    """A planned batch, one step further; it stays planned while the budget has no room for it, or
    the provider has none. Raises: FatalErrors; the TransientError that kept it from being sent."""
    batch = await desk.others.claim(desk.journal.move(batch, since=time.time()))
    if not batch.size:
        return await desk.drop(batch, "other machines ask for all of it")
    if desk.ledger is not None:
        room = await desk.ledger.hold(batch.owner, batch.most_usd, desk.limit_usd)
        if room is not Room.TAKEN:
            return desk.journal.move(batch, why=NO_ROOM)
    try:
        requests = desk.api.content(desk.requests(batch))
        with closing(Spool(desk.cache.folder, requests)) as content:
            prepared = batch.prepared or await desk.api.prepare(batch.id, content)
            batch = desk.journal.move(
                batch, BatchState.CREATING, prepared=prepared, since=time.time(), why=""
            )
            remote = await desk.api.create(batch.id, prepared, content)
    except CollectError as error:
        was_sent = batch.state is BatchState.CREATING
        if was_sent and not _was_turned_away(error):
            return await find(desk, batch)
        desk.journal.move(batch, BatchState.PLANNED)
        if isinstance(error, RowError):
            raise RequestRefusedError(f"The batch was refused: {error.message}") from error
        raise
    return desk.journal.move(batch, BatchState.CREATED, remote_id=remote.id, counts=remote.counts)


def _was_turned_away(error: CollectError) -> bool:
    """Whether it is certain that nothing was created. Of a 5xx it is not: a gateway may say one
    after the provider has accepted; but for the provider's own word that it takes nothing now."""
    if isinstance(error, ConnectionFailedError):
        return not error.may_be_billed
    if isinstance(error, ServerError):
        return any(words in error.said for words in _TAKES_NOTHING)
    if isinstance(error, RowError):
        return not error.may_be_billed
    return isinstance(error, FatalError | RateLimitError)


_TAKES_NOTHING = ("overloaded", "slow down")
"""Anthropic's 529 and OpenAI's 503."""


async def find(desk: Desk, batch: Batch) -> Batch:
    """One whose creation may have succeeded: found among those that the provider lists, or held. It
    stays as it is while only its results could tell. Raises: FatalErrors, TransientErrors."""
    keys = frozenset(desk.journal.keys(batch.id, ItemState.WAITING))
    others = frozenset(other.remote_id for other in desk.journal.batches())
    intent = Intent(batch.id, batch.since, keys, others - {""})
    for wait_s in LOOKS_S:
        await asyncio.sleep(wait_s)
        found = await desk.api.find(intent)
        if found.batch is not None:
            return desk.journal.move(
                batch,
                BatchState.CREATED,
                remote_id=found.batch.id,
                counts=found.batch.counts,
                why="",
            )
        if found.perhaps:
            maybe = " or ".join(found.perhaps)
            return desk.journal.move(batch, why=f"it may be {maybe}: known when that has ended")
    adopt, release = (
        batches_command(desk.cache.folder, words)
        for words in (f"adopt {batch.id[:8]} NAME", f"release {batch.id[:8]}")
    )
    return desk.hold(
        batch,
        "its creation was sent, no answer came, and the provider lists no such batch. If its"
        f" console shows one, {adopt}; if it surely does not, {release}.",
    )
