"""What the machines that share a Redis know of one another's batches."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.records import NOT_DONE, TAKEN, Batch, BatchState
from pettingllms.engine.redis import Connection, KnownBatch, SharedBatches

log = logging.getLogger(__name__)


class Others:
    """The other machines, seen from the one with this journal; there are none where no Redis is
    named. Each method raises SharingError."""

    def __init__(self, redis: Connection | None, journal: Journal, cache_dir: Path) -> None:
        self._shared = None if redis is None else SharedBatches(redis)
        self._journal = journal
        self._place = f"{socket.gethostname()}:{cache_dir.absolute()}"

    async def claim(self, batch: Batch) -> Batch:
        """The planned batch, before it is sent: without what others ask for, or have in a batch."""
        refused = await self._tell(batch)
        if not refused:
            return batch
        log.info("%d requests of batch %s are other machines'.", len(refused), batch.id[:8])
        return self._journal.leave_out(batch, refused)

    async def announce(self, batch: Batch) -> None:
        """One that may have been sent, where others do not know of it: Redis has lost it, or was
        not there when it was planned."""
        if self._shared is not None and not await self._shared.is_claimed(batch.id):
            await self._tell(batch)

    async def _tell(self, batch: Batch) -> list[str]:
        """Its requests that it does not get."""
        if self._shared is None:
            return []
        known = KnownBatch(
            batch.id, self._place, batch.config.model, batch.size, batch.most_usd, batch.since
        )
        return await self._shared.claim(known, self._journal.keys(batch.id, *TAKEN))

    async def let_go(self, batch: Batch, *, is_over: bool = False) -> None:
        """What the batch has not taken any more is free for others."""
        if self._shared is None:
            return
        states = self._journal.states(batch.id).items()
        await self._shared.leave(batch.id, [key for key, state in states if state not in TAKEN])
        if is_over:
            await self._shared.forget(batch.id)

    async def share(self, answers: Mapping[str, bytes]) -> None:
        """By key, once they are on this machine's disk."""
        if self._shared is not None and answers:
            await self._shared.share(answers)

    async def agree(self) -> list[KnownBatch]:
        """Others know of our batches what our journal says, whatever was done without Redis.
        Returns theirs."""
        if self._shared is None:
            return []
        for batch in self._journal.batches(*NOT_DONE):
            if batch.state is not BatchState.PLANNED:
                await self.announce(batch)
        theirs: list[KnownBatch] = []
        for known in await self._shared.all():
            batch = self._journal.batch(known.id)
            if batch is None:
                theirs.append(known)
            elif batch.state is BatchState.DONE:
                await self.let_go(batch, is_over=True)
        return theirs

    async def holders(self, keys: Sequence[str]) -> dict[str, str]:
        """The batches of others that have taken any of `keys`, by key."""
        if self._shared is None:
            return {}
        found = await self._shared.holders(keys)
        return {key: held for key, held in found.items() if self._journal.batch(held) is None}

    async def release(self, batch_id: str) -> int:
        """What their batch has taken is free: how many requests that were."""
        return 0 if self._shared is None else await self._shared.release(batch_id)
