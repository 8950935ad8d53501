"""The ledger of a batch, opened again: by whichever process comes to settle it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from pettingllms.engine.ledger import FileLedger, Ledger
from pettingllms.engine.redis import SharedLedger, connected


@asynccontextmanager
async def ledger_at(place: str) -> AsyncGenerator[Ledger | None]:
    """None where there is no such place any more, or never was. Raises: OutputError,
    SharingError."""
    kind, _, name = place.partition(":")
    if kind == "job":
        async with connected() as redis:
            yield None if redis is None else SharedLedger(redis, name)
    elif kind == "file" and Path(name).parent.is_dir():
        with closing(FileLedger(Path(name))) as ledger:
            yield ledger
    else:
        yield None
