"""A ledger in a SQLite file, for the processes of one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from pettingllms.engine.leases import Leases
from pettingllms.errors import DiskFullError, FatalError, OutputError
from pettingllms.files.atomic import write_error
from pettingllms.files.sqlite import transaction

ROUNDING_USD = 1e-9
"""Less than this is nothing: sums of floats end a little off."""


LASTING = "batch-"
"""What the owners begin with that outlive their process."""


class Room(Enum):
    """What came of asking a ledger to reserve."""

    TAKEN = auto()
    MAY_COME = auto()
    """Not now; others have reserved the worst case of requests that may cost less."""
    NONE = auto()


class Ledger(Protocol):
    """US dollars spent, and reserved for requests under way, by all who share it. What is
    reserved by who has died counts as spent: the provider may have billed it."""

    async def reserve(self, usd: float, limit_usd: float) -> Room:
        """Take `usd`, unless all that is spent and reserved would then exceed the limit."""
        ...

    async def settle(self, reserved_usd: float, spent_usd: float) -> None:
        """Give back what was reserved here, and count what it cost."""
        ...

    async def total_usd(self) -> float:
        """Spent and reserved."""
        ...

    @property
    def place(self) -> str:
        """By which `open_ledger` finds it again."""
        ...

    async def hold(self, owner: str, usd: float, limit_usd: float) -> Room:
        """As `reserve`, for an `owner` that outlives this process, such as a batch: once, however
        often it is asked, until `settle_held`. Nobody waits for it to settle."""
        ...

    async def settle_held(self, owner: str, spent_usd: float) -> None:
        """Give back what was held, and count what it cost; once, however often it is said."""
        ...


_BUSY_S = 30.0
_MAKE = """
CREATE TABLE IF NOT EXISTS spending (id INTEGER PRIMARY KEY CHECK (id = 1), usd REAL NOT NULL);
CREATE TABLE IF NOT EXISTS reserved (owner TEXT PRIMARY KEY, usd REAL NOT NULL);
INSERT OR IGNORE INTO spending VALUES (1, 0);
"""
_TOTAL = "SELECT usd + (SELECT coalesce(sum(usd), 0) FROM reserved) FROM spending"
_RESERVE = f"""
INSERT INTO reserved SELECT :owner, :usd WHERE ({_TOTAL}) + :usd <= :limit
ON CONFLICT (owner) DO UPDATE SET usd = usd + excluded.usd
"""
_GIVE_BACK = "UPDATE reserved SET usd = usd - ? WHERE owner = ?"
_SPEND = "UPDATE spending SET usd = usd + ?"
_SPEND_RESERVED = """
UPDATE spending SET usd = max(0, usd + coalesce((SELECT usd FROM reserved WHERE owner = ?), 0))
"""
_OTHERS = "SELECT owner FROM reserved WHERE owner <> ? AND usd > ? AND owner NOT LIKE ?"
_HOLD = f"INSERT INTO reserved SELECT :owner, :usd WHERE ({_TOTAL}) + :usd <= :limit"
_IS_HELD = "SELECT count(*) FROM reserved WHERE owner = ?"
_FORGET = "DELETE FROM reserved WHERE owner = ?"


class FileLedger:
    """Shared by every process that opens `path`. Each holds a lease while it lives, in a file
    beside it: so what the dead have reserved is told from what will be settled.

    Raises, at opening and wherever it writes: OutputError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._owner = uuid4().hex
        with self._usable():
            self._database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            # A power cut may lose the last reservations; a crash of this process loses none.
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_MAKE)
            self._leases = Leases(path.with_suffix(".leases"))
            self._leases.lease(self._owner).try_take()

    async def reserve(self, usd: float, limit_usd: float) -> Room:
        with self._transaction():
            values = {"owner": self._owner, "usd": usd, "limit": limit_usd + ROUNDING_USD}
            if self._database.execute(_RESERVE, values).rowcount == 1:
                return Room.TAKEN
            return Room.MAY_COME if self._others_may_settle() else Room.NONE

    async def settle(self, reserved_usd: float, spent_usd: float) -> None:
        with self._transaction():
            self._database.execute(_GIVE_BACK, (reserved_usd, self._owner))
            self._database.execute(_SPEND, (spent_usd,))

    @property
    def place(self) -> str:
        return f"file:{self._path.absolute()}"

    async def hold(self, owner: str, usd: float, limit_usd: float) -> Room:
        with self._transaction():
            values = {"owner": owner, "usd": usd, "limit": limit_usd + ROUNDING_USD}
            is_taken = self._is_held(owner) or self._database.execute(_HOLD, values).rowcount == 1
            return Room.TAKEN if is_taken else Room.NONE

    async def settle_held(self, owner: str, spent_usd: float) -> None:
        with self._transaction():
            if self._is_held(owner):
                self._database.execute(_FORGET, (owner,))
                self._database.execute(_SPEND, (spent_usd,))

    def _is_held(self, owner: str) -> bool:
        return self._database.execute(_IS_HELD, (owner,)).fetchone()[0] == 1

    async def total_usd(self) -> float:
        with self._usable():
            return self._database.execute(_TOTAL).fetchone()[0]

    def close(self) -> None:
        with self._transaction():
            self._bury(self._owner)
        self._leases.close()
        self._database.close()

    def _others_may_settle(self) -> bool:
        values = self._owner, ROUNDING_USD, f"{LASTING}%"
        others = self._database.execute(_OTHERS, values).fetchall()
        return any(self._lives(owner) for (owner,) in others)

    def _lives(self, owner: str) -> bool:
        lease = self._leases.lease(owner)
        if not lease.try_take():
            return True
        lease.release()
        self._bury(owner)
        return False

    def _bury(self, owner: str) -> None:
        """What it has reserved is spent."""
        self._database.execute(_SPEND_RESERVED, (owner,))
        self._database.execute(_FORGET, (owner,))

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._usable(), transaction(self._database):
            yield

    @contextmanager
    def _usable(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self._path, error) from error


def _unusable(path: Path, error: Exception) -> FatalError:
    """Nobody is told to part with a ledger that may be whole: it is what the budget goes by."""
    if isinstance(error, OSError):
        return write_error(path, error)
    if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return DiskFullError(
            f"The disk that holds the ledger {path} takes no more: {error}.",
            "Free some space and run again: what was spent is in it.",
        )
    if isinstance(error, sqlite3.OperationalError):
        return OutputError(
            f"The ledger {path} cannot be used: {error}.",
            "Make it and its folder writable, on a disk of this machine; it may be in use: then"
            " wait for the other run.",
        )
    return OutputError(
        f"The ledger {path} is damaged: {error}.",
        "Put it aside, and lower the limit by what the stats of the runs so far say was spent.",
    )
