"""What a ledger of US dollars is, wherever it lies."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

ROUNDING_USD = 1e-9
"""Less than this is nothing: sums of floats end a little off."""


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
