"""What somebody cancels in Prefect's UI, or by `prefect flow-run cancel`, ends as by a signal."""

from __future__ import annotations

import signal
from contextlib import suppress
from uuid import UUID

from prefect import get_client
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run

from flows import page
from flows.interruption import interruptible


async def end_if_cancelled() -> None:
    """A worker sends its run a signal then; what was started by hand looks itself."""
    by_hand = interruptible.get()
    if by_hand is None:
        return
    with page.server_may_be_away():
        if await is_being_cancelled():
            by_hand.interrupt(signal.SIGTERM)


async def is_being_cancelled() -> bool:
    """By somebody, and not with the process of a worker that ends: Prefect's words for that one
    would be a crash's, with a hundred lines of its own. What is deleted there goes on."""
    with suppress(ObjectNotFound):
        async with get_client() as client:
            state = (await client.read_flow_run(UUID(str(flow_run.id)))).state
        return state is not None and state.is_cancelling()
    return False
