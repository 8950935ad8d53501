"""Buys what is missing by batches: plans, creates, waits, collects, and again what was left out."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from pettingllms.engine.batch.collecting import TOO_MUCH_UNDER_WAY, look
from pettingllms.engine.batch.creating import NO_ROOM, create, find
from pettingllms.engine.batch.desk import Desk, log
from pettingllms.engine.batch.ledgers import ledger_at
from pettingllms.engine.batch.planning import Freed, cut, item_of, most_of, new_batch
from pettingllms.engine.batch.records import MAY_COST, Batch, BatchesUnderWay, BatchState, ItemState
from pettingllms.engine.engine import Miss
from pettingllms.engine.leases import Leases
from pettingllms.engine.redis import KnownBatch
from pettingllms.errors import BudgetReachedError, FatalError, RowError, TransientError
from pettingllms.records.expenses import plain_number

ROUNDS = 3
"""How often what a batch left out is asked by another one; then it is asked online."""
FIRST_POLL_S, _LONGEST_POLL_S, _SLOWER = 0.2, 60.0, 1.5
"""Seconds between two looks at first and in the end, and how many times longer each is."""
_PATIENCE = 30
"""Failures in a row of the provider, before nobody waits for it any more."""
LEASES = "batches.leases"

OnStep = Callable[[Sequence[Batch]], None]
"""Is told how far the batches are that are waited for."""


async def advance(desk: Desk, batch: Batch, *, may_create: bool = True) -> Batch:
    """One step further, where there is one; what no step can read is held. Raises: FatalErrors,
    TransientErrors."""
    try:
        if batch.state in MAY_COST:
            await desk.others.announce(batch)
        match batch.state:
            case BatchState.PLANNED if may_create:
                return await create(desk, batch)
            case BatchState.CREATING:
                return await find(desk, batch)
            case BatchState.CREATED:
                return await look(desk, batch)
            case _:
                return batch
    except RowError as error:
        return desk.hold(batch, str(error))


class BatchBuyer:
    """Of one model, for one run. Answers are in the cache when `buy` returns, but for those that no
    batch can bring: they are left to whoever asks next.

    `output` is whose bill it is, `deadline` (monotonic) until when to wait, None to the end.
    """

    def __init__(
        self,
        desk: Desk,
        requests_leases: Leases,
        output: str,
        deadline: float | None = None,
        on_step: OnStep = lambda _: None,
    ) -> None:
        self._desk = desk
        self._config = desk.client.config
        self._request_leases = requests_leases
        self._leases = Leases(desk.cache.folder / LEASES)
        self._output = output
        self._deadline = deadline
        self._on_step = on_step
        self._most_requests: int | None = None

    def close(self) -> None:
        self._leases.close()

    async def buy(self, misses: Sequence[Miss]) -> None:
        """What was created for this output before is seen to its end, whether or not anything is
        missing. Raises: BatchesUnderWay when the wait is over; FatalErrors, when nothing more is
        sent and what was planned is planned no more; CacheError."""
        theirs = await self._desk.others.agree()
        asked = {miss.request_key: miss for miss in misses}
        rounds = 0
        while rounds < ROUNDS:
            asked = await self._without(theirs, asked)
            if asked:
                await self._plan([*asked.values()])
            batches = self._that_hold(asked)
            if not batches:
                break
            await self._see_through(batches)
            rounds += not self._was_too_much(batches)
            asked = self._again(asked, batches)
        left = [key for key in asked if self._desk.journal.holder(key) is None]
        if left:
            log.warning("%d requests are left to be asked online: no batch took them.", len(left))

    async def _without(
        self, theirs: Sequence[KnownBatch], asked: dict[str, Miss]
    ) -> dict[str, Miss]:
        """What no batch of another machine has taken."""
        taken = await self._desk.others.holders([*asked])
        for batch_id, number in Counter(taken.values()).items():
            place = next(
                (known.place for known in theirs if known.id == batch_id), "another machine"
            )
            log.warning(
                "%d requests are in batch %s of %s: its results are here once they are collected"
                " there.", number, batch_id[:8], place,
            )  # fmt: skip
        return {key: miss for key, miss in asked.items() if key not in taken}

    async def _plan(self, misses: Sequence[Miss]) -> None:
        desk = self._desk
        room = await self._room_usd()
        most = most_of(desk.api.limits, self._most_requests, room)
        with Freed(misses, self._request_leases, desk.cache, desk.journal) as free:
            items = [item_of(self._config, miss) for miss in free]
            first_row = desk.cache.last_row()
            for some in cut(items, desk.api, most):
                batch = new_batch(some, self._config, self._output, self._place, first_row)
                desk.journal.plan(batch, some)
        if items and room is not None and min(item.most_usd or 0.0 for item in items) > room:
            raise self._budget_reached()

    async def _room_usd(self) -> float | None:
        ledger = self._desk.ledger
        return None if ledger is None else self._desk.limit_usd - await ledger.total_usd()

    def _budget_reached(self) -> BudgetReachedError:
        return BudgetReachedError(
            f"The budget of ${plain_number(self._desk.limit_usd)} has no room for a batch.",
            "Raise SFT_MAX_COST_USD (--max-cost-usd) and run again: what was paid is kept.",
        )

    def _that_hold(self, asked: dict[str, Miss]) -> list[Batch]:
        """Whoever has planned them; and our own that a run has left. Those that are held are not
        waited for."""
        journal = self._desk.journal
        names = dict.fromkeys(filter(None, map(journal.holder, asked)))
        left = (batch for batch in journal.batches(*MAY_COST) if self._is_ours(batch))
        names |= {batch.id: None for batch in left}
        found = (journal.batch(name) for name in names)
        return [batch for batch in found if batch is not None and batch.is_open]

    def _is_ours(self, batch: Batch) -> bool:
        ours, theirs = self._config, batch.config
        place = (theirs.api_type, theirs.base_url)
        return batch.output == self._output and place == (ours.api_type, ours.base_url)

    async def _see_through(self, batches: Sequence[Batch]) -> None:
        """Until each is done or held."""
        wait_s, failures = FIRST_POLL_S, 0
        while True:
            batches, error = await self._all_advanced(batches)
            self._on_step(batches)
            failures = 0 if error is None else failures + 1
            if error is not None and failures >= _PATIENCE:
                raise BatchesUnderWay(batches, error.message) from error
            still_open = [batch for batch in batches if batch.is_open]
            if not still_open:
                return
            await self._check_room(still_open)
            await self._sleep(wait_s, batches)
            wait_s = min(_LONGEST_POLL_S, wait_s * _SLOWER)

    async def _all_advanced(
        self, batches: Sequence[Batch]
    ) -> tuple[list[Batch], TransientError | None]:
        """Each one step further, and what kept one of them from it."""
        advanced: list[Batch] = []
        failed: TransientError | None = None
        for batch in batches:
            try:
                advanced.append(await self._advanced(batch))
            except TransientError as error:
                advanced.append(batch)
                failed = error
            except FatalError:
                await self._drop_planned(batches)
                raise
        return advanced, failed

    async def _advanced(self, batch: Batch) -> Batch:
        """One step further, unless another process is at it."""
        lease = self._leases.lease(batch.id)
        if not batch.is_open or not lease.try_take():
            return self._desk.journal.batch(batch.id) or batch
        try:
            now = self._desk.journal.batch(batch.id) or batch
            if now.ledger == self._place:
                return await advance(self._desk, now)
            async with ledger_at(now.ledger) as ledger:  # another run's, who has kept to its limit
                return await advance(replace(self._desk, ledger=ledger, limit_usd=inf), now)
        finally:
            lease.release()

    @property
    def _place(self) -> str:
        return self._desk.ledger.place if self._desk.ledger else ""

    async def _check_room(self, still_open: Sequence[Batch]) -> None:
        """Raises: BudgetReachedError where all that is open waits for room that nobody will give
        back."""
        if all(batch.why == NO_ROOM and batch.state is BatchState.PLANNED for batch in still_open):
            await self._drop_planned(still_open)
            raise self._budget_reached()

    async def _sleep(self, wait_s: float, batches: Sequence[Batch]) -> None:
        """Raises: BatchesUnderWay."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise BatchesUnderWay(batches)
            wait_s = min(wait_s, left)
        await asyncio.sleep(wait_s)

    async def _drop_planned(self, batches: Sequence[Batch]) -> None:
        """Of this run's, those of which nothing was sent."""
        for batch in batches:
            lease = self._leases.lease(batch.id)
            now = self._desk.journal.batch(batch.id) or batch
            if now.output == self._output and now.state is BatchState.PLANNED and lease.try_take():
                await self._desk.drop(now, "the run ended before it was sent")
                lease.release()

    def _was_too_much(self, batches: Sequence[Batch]) -> bool:
        """Whether one was refused for its size; the next ones are half as large then."""
        ended = (self._desk.journal.batch(batch.id) or batch for batch in batches)
        sizes = [batch.size for batch in ended if TOO_MUCH_UNDER_WAY in batch.why]
        if not sizes or min(sizes) == 1:
            return False
        self._most_requests = min(sizes) // 2
        return True

    def _again(self, asked: dict[str, Miss], batches: Sequence[Batch]) -> dict[str, Miss]:
        """What another batch may bring."""
        states: dict[str, ItemState] = {}
        for batch in batches:
            states |= self._desk.journal.states(batch.id)
        return {
            key: miss
            for key, miss in asked.items()
            if states.get(key, ItemState.AGAIN) is ItemState.AGAIN
            and self._desk.cache.get(key) is None
        }
