"""Before the shards of a run: what they will ask is bought by batches, and is then in the cache."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from pettingllms.engine.batch.buying import BatchBuyer
from pettingllms.engine.batch.desk import Desk
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.records import Batch, BatchesUnderWay, batches_command
from pettingllms.errors import ExitCode
from pettingllms.run.check import Checked
from pettingllms.run.collection import shards_of
from pettingllms.run.gathering import GatheringEngine, gather
from pettingllms.run.in_parallel import in_parallel
from pettingllms.run.journal import output_name
from pettingllms.run.open import (
    can_be_repeated,
    finished_shards,
    open_engines,
    open_judge,
    rollouts_of,
)
from pettingllms.run.rollout import Rollouts
from pettingllms.run.shards import Shard
from pettingllms.utils.api_client import client_class
from pettingllms.wording import counted

log = logging.getLogger(__name__)


@dataclass(slots=True)
class BatchProgress:
    """For whoever watches: the batches that are waited for, by their ids."""

    batches: dict[str, Batch] = field(default_factory=dict[str, Batch])

    def show(self, batches: Sequence[Batch]) -> None:
        self.batches |= {batch.id: batch for batch in batches}

    @property
    def requests(self) -> int:
        return sum(batch.size for batch in self.batches.values())

    @property
    def ended(self) -> int:
        """Requests that are answered, or are not going to be."""
        return sum(_ended(batch) for batch in self.batches.values())

    @property
    def open_ones(self) -> int:
        return sum(batch.is_open for batch in self.batches.values())

    def __str__(self) -> str:
        of_all = f"{self.ended:,} of {counted(self.requests, 'request')}"
        return f"Batches: {self.open_ones} of {len(self.batches)} under way, {of_all} ended"


def _ended(batch: Batch) -> int:
    counts = batch.counts
    return min(batch.size, counts.answered + counts.failed) if batch.is_open else batch.size


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run that ended before its batches: the next, or `batches collect`, takes the results."""

    batches: tuple[Batch, ...]
    cache_dir: Path
    why: str = ""

    exit_code = ExitCode.SUBMITTED

    @property
    def message(self) -> str:
        progress = BatchProgress()
        progress.show(self.batches)
        because = f" {self.why}" if self.why else ""
        return (
            f"Submitted.{because} {progress}. Run the same command again, or"
            f" {batches_command(self.cache_dir, 'collect')}, to take the results."
        )


async def buy_by_batch(checked: Checked, run_id: str, progress: BatchProgress) -> Submitted | None:
    """What is missing of the first turns, and with `batch_repairs` of all that follow, is in the
    cache then, but for what no batch could bring; or the time to wait for it is over.

    Raises: FatalErrors; as `open_engines`, and what `Engine.verify` raises where something is sent.
    """
    cache_dir = checked.settings.cache_dir
    async with _open(checked, run_id, progress) as buying:
        try:
            await buying.run()
        except BatchesUnderWay as under_way:
            return Submitted(under_way.batches, cache_dir, under_way.why)
        except asyncio.CancelledError:
            if progress.open_ones:
                log.warning(
                    "Batches under way at the provider: %d. They go on, and are billed: the same"
                    " command takes their results, %s lists them.",
                    *(progress.open_ones, batches_command(cache_dir)),
                )
            raise
    return None


@dataclass(frozen=True, slots=True)
class _Buying:
    """The open parts: an engine and a buyer for each model whose provider takes batches."""

    checked: Checked
    rollouts: Rollouts
    shards: tuple[Shard, ...]
    buyers: Sequence[tuple[GatheringEngine, BatchBuyer]]

    async def run(self) -> None:
        """Wave after wave, until nothing is missing, or the same as before."""
        with_repairs, before = self.checked.settings.batch_repairs, frozenset[str]()
        while True:
            await gather(self.rollouts, self.shards, with_repairs=with_repairs)
            missing = frozenset(key for engine, _ in self.buyers for key in engine.missing)
            await in_parallel(self._buy, self.buyers)
            if not with_repairs or not missing - before:
                return
            before |= missing

    async def _buy(self, pair: tuple[GatheringEngine, BatchBuyer]) -> None:
        engine, buyer = pair
        missing, engine.missing = [*engine.missing.values()], {}
        if missing:
            await engine.verify()
        await buyer.buy(missing)


@asynccontextmanager
async def _open(checked: Checked, run_id: str, progress: BatchProgress) -> AsyncGenerator[_Buying]:
    settings = checked.settings
    wait_s = settings.batch_wait
    deadline = None if wait_s is None else time.monotonic() + wait_s
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(open_engines(checked, run_id, GatheringEngine))
        journal = stack.enter_context(closing(Journal(settings.cache_dir)))
        finished = None
        if can_be_repeated(checked):
            finished = stack.enter_context(closing(finished_shards(checked, engines)))
        buyers: list[tuple[GatheringEngine, BatchBuyer]] = []
        for engine in engines.all:
            is_gathering = isinstance(engine, GatheringEngine)
            if is_gathering and client_class(engine.config.api_type).batch_class is not None:
                desk = Desk.of(engine, journal)
                buyer = BatchBuyer(
                    desk, engine.leases, output_name(settings), deadline, progress.show
                )
                buyers.append((engine, stack.enter_context(closing(buyer))))
        judge = await stack.enter_async_context(open_judge(checked))
        rollouts = rollouts_of(checked, engines, judge)
        shards = (shard for shard in shards_of(checked, finished) if isinstance(shard, Shard))
        yield _Buying(checked, rollouts, tuple(shards), buyers)
