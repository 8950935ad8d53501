"""Batches as a person sees them: listed, and what was held decided; their results taken."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine.batch.buying import LEASES, advance
from pettingllms.engine.batch.desk import Desk
from pettingllms.engine.batch.journal import JOURNAL, Journal
from pettingllms.engine.batch.ledgers import ledger_at
from pettingllms.engine.batch.others import Others
from pettingllms.engine.batch.records import (
    NOT_DONE,
    Batch,
    BatchState,
    ItemState,
    batches_command,
)
from pettingllms.engine.leases import Leases
from pettingllms.engine.redis import KnownBatch, connected, is_shared
from pettingllms.errors import RowError, SettingError, TransientError, UnreachableError
from pettingllms.tools.cache.opening import check_there
from pettingllms.utils.api_client import client_class, resolve_config


def listed(cache_dir: Path, *, with_done: bool = False) -> list[Batch]:
    """Those that are not done, or all; the oldest first. There may never have been any, and where
    a Redis is shared, no cache here either. Raises: CacheError."""
    if not (cache_dir / JOURNAL).exists():
        if not is_shared():
            check_there(cache_dir)
        return []
    with closing(Journal(cache_dir)) as journal:
        return journal.batches(*(tuple(BatchState) if with_done else NOT_DONE))


def find(cache_dir: Path, name: str) -> Batch:
    """The one whose id begins so. Raises: SettingError where none does, or several do."""
    found = [batch for batch in listed(cache_dir, with_done=True) if batch.id.startswith(name)]
    if len(found) != 1:
        said = f"{len(found)} batches are" if found else "No batch is"
        raise SettingError(
            f"{said} called {name!r} over the cache in {cache_dir}.",
            f"{batches_command(cache_dir, 'list --all')} names them.",
        )
    return found[0]


async def collect(cache_dir: Path, batches: Sequence[Batch]) -> list[Batch]:
    """Look once for each that may have been created; what has ended is in the cache then. Raises:
    as `Desk`'s steps."""
    return [await _collected(cache_dir, batch) for batch in batches]


async def _collected(cache_dir: Path, batch: Batch) -> Batch:
    async with _desk(cache_dir, batch) as (desk, now):
        return await advance(desk, now, may_create=False)


async def adopt(cache_dir: Path, batch: Batch, remote_id: str) -> Batch:
    """It is the provider's batch of that name. Raises: SettingError where it cannot be."""
    async with _desk(cache_dir, batch) as (desk, now):
        if now.state not in (BatchState.HELD, BatchState.CREATING) or now.remote_id:
            raise SettingError(f"Batch {now.id[:8]} is {now.state}, and waits for no name.")
        remote = await desk.api.look(remote_id)
        if remote.counts.total not in (0, now.size):
            raise SettingError(
                f"{remote_id} has {remote.counts.total:,} requests, and this one {now.size:,}.",
                "Look in the provider's console for one of that size.",
            )
        desk.journal.bill_to(now, "")  # what was perhaps billed so far is known from here on
        return desk.journal.move(now, BatchState.CREATED, remote_id=remote.id, why="")


async def cancel(cache_dir: Path, batch: Batch) -> Batch:
    """At the provider; what it has answered by then is billed, and is taken as always. One that is
    only planned is dropped."""
    async with _desk(cache_dir, batch) as (desk, now):
        if now.state is BatchState.PLANNED:
            return await desk.drop(now, "dropped before it was sent")
        if now.state is not BatchState.CREATED:
            release = batches_command(cache_dir, f"release {now.id[:8]}")
            raise SettingError(
                f"Batch {now.id[:8]} is {now.state}: the provider has none to cancel.",
                f"Where nothing is to come of it: {release}."
                if now.state is BatchState.HELD
                else f"{batches_command(cache_dir)} lists those that are under way.",
            )
        remote = await desk.api.cancel(now.remote_id)
        return desk.journal.move(now, counts=remote.counts, why="it was cancelled")


async def release(cache_dir: Path, batch: Batch) -> Batch:
    """What it has not answered may be bought again, by whoever asks next. What its budget still
    holds is given back where nothing was created, and counts as spent where something was."""
    async with _desk(cache_dir, batch) as (desk, now):
        if now.state is not BatchState.HELD:
            raise SettingError(
                f"Batch {now.id[:8]} is {now.state}, and not held.",
                f"To end it early: {batches_command(cache_dir, f'cancel {now.id[:8]}')}."
                if now.is_open
                else "There is nothing to release.",
            )
        was_created = bool(now.remote_id)
        desk.journal.free_items(now.id, ItemState.AGAIN, may_be_billed=was_created)
        return await desk.end(now, now.most_usd if was_created else 0.0, "released by hand")


async def of_others(cache_dir: Path) -> list[KnownBatch]:
    """Those of the machines that share a Redis with this one, which from here on know of ours what
    the journal says. Raises: SharingError, CacheError."""
    async with connected() as redis:
        if redis is None:
            return []
        with closing(Journal(cache_dir)) as journal:
            return await Others(redis, journal, cache_dir).agree()


async def release_of_others(cache_dir: Path, batch: KnownBatch) -> int:
    """What a machine that is no more has in a batch may be bought by all: how many requests that
    were. Raises: SharingError, CacheError."""
    async with connected() as redis:
        with closing(Journal(cache_dir)) as journal:
            return await Others(redis, journal, cache_dir).release(batch.id)


@asynccontextmanager
async def _desk(cache_dir: Path, batch: Batch) -> AsyncGenerator[tuple[Desk, Batch]]:
    """The batch as it is now, and what its steps need: its own provider, by the key of today.
    Raises: MissingKeyError, CacheError; SettingError where another process is at it;
    UnreachableError for what passes."""
    asked = batch.config
    resolved = resolve_config(asked.api_type, None, asked.model, asked.base_url)
    config = replace(asked, api_key=resolved.api_key)
    async with AsyncExitStack() as stack:
        journal = stack.enter_context(closing(Journal(cache_dir)))
        cache = stack.enter_context(closing(ResponseCache(cache_dir)))
        leases = stack.enter_context(closing(Leases(cache_dir / LEASES)))
        lease = leases.lease(batch.id)
        if not lease.try_take():
            raise SettingError(
                f"A run is at batch {batch.id[:8]} just now.", "Wait for it, or end that run."
            )
        stack.callback(lease.release)
        client = client_class(config.api_type)(config)
        stack.push_async_callback(client.aclose)
        ledger = await stack.enter_async_context(ledger_at(batch.ledger))
        redis = await stack.enter_async_context(connected())
        others = Others(redis, journal, cache_dir)
        now = journal.batch(batch.id) or batch
        try:
            yield Desk(client, client.batches(), cache, journal, others, ledger), now
        except (TransientError, RowError) as error:
            raise UnreachableError(
                f"{config.base_url} does not do that now: {error.message}", "Try again later."
            ) from error
