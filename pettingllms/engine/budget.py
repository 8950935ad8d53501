"""A limit on what may be spent: worst case reserved before a request leaves, settled after it.

The ledger is one number: in a SQLite file that all runs into a folder share, so the limit holds
over processes and restarts; or in the Redis that machines share (`pettingllms.sharing`). What a
killed run had reserved stays counted at its worst case: the provider may have billed it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pettingllms.errors import BudgetReachedError, CollectError, OutputError

_BUSY_S = 30.0
_MAKE = """
CREATE TABLE IF NOT EXISTS spending (id INTEGER PRIMARY KEY CHECK (id = 1), usd REAL NOT NULL);
INSERT OR IGNORE INTO spending VALUES (1, 0);
"""
_RESERVE = "UPDATE spending SET usd = usd + :usd WHERE usd + :usd <= :limit"
_ADD = "UPDATE spending SET usd = max(0, usd + ?)"
_TOTAL = "SELECT usd FROM spending"
_ROUNDING_USD = 1e-9


class Ledger(Protocol):
    """US dollars spent and reserved by all who share it."""

    async def reserve(self, usd: float, limit_usd: float) -> bool:
        """Add `usd`, unless the total would then exceed the limit."""
        ...

    async def add(self, usd: float) -> None: ...
    async def total_usd(self) -> float: ...


class FileLedger:
    """Shared by every process that opens `path`.

    Raises, at opening: OutputError.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_MAKE)
        except sqlite3.Error as error:
            raise OutputError(
                f"The ledger {path} cannot be used: {error}.",
                "Make it writable; or delete it, which forgets what was spent.",
            ) from error

    async def reserve(self, usd: float, limit_usd: float) -> bool:
        values = {"usd": usd, "limit": limit_usd + _ROUNDING_USD}
        return self._database.execute(_RESERVE, values).rowcount == 1

    async def add(self, usd: float) -> None:
        self._database.execute(_ADD, (usd,))

    async def total_usd(self) -> float:
        return self._database.execute(_TOTAL).fetchone()[0]

    def close(self) -> None:
        self._database.close()


@dataclass
class Reservation:
    """`usd` is the worst case until the answer is there, then what it cost."""

    usd: float


class Budget:
    """Lets requests leave while their worst case fits. Within one event loop."""

    def __init__(self, ledger: Ledger, limit_usd: float) -> None:
        self.limit_usd = limit_usd
        self._ledger = ledger
        self._outstanding = 0
        self._settled = asyncio.Condition()

    @asynccontextmanager
    async def reserve(self, usd: float) -> AsyncGenerator[Reservation]:
        """Hold `usd` until the block ends. Left by a failed request, nothing was spent; left by
        a cancelled one, the provider may bill it, and the worst case stays.

        Waits while others of this process may yet cost less than they reserved.
        Raises: BudgetReachedError.
        """
        await self._take(usd)
        reservation = Reservation(usd)
        try:
            yield reservation
        except CollectError:
            reservation.usd = 0.0
            raise
        finally:
            await self._settle(reservation.usd - usd)

    async def _take(self, usd: float) -> None:
        async with self._settled:
            while not await self._ledger.reserve(usd, self.limit_usd):
                if self._outstanding == 0:
                    raise await self._reached(usd)
                await self._settled.wait()
            self._outstanding += 1

    async def _settle(self, difference_usd: float) -> None:
        try:
            if difference_usd:
                await self._ledger.add(difference_usd)
        finally:
            async with self._settled:
                self._outstanding -= 1
                self._settled.notify_all()

    async def _reached(self, usd: float) -> BudgetReachedError:
        return BudgetReachedError(
            f"The budget of ${self.limit_usd:g} is reached: ${await self._ledger.total_usd():.4f}"
            f" are spent or reserved, and the next request may cost ${usd:.4f}.",
            "Raise SFT_MAX_COST_USD (--max-cost-usd) and run again: what was paid is kept.",
        )
