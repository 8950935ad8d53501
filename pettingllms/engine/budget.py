"""A limit on what may be spent: worst case reserved before a request leaves, settled after it.

The ledger is one number that all share who may spend it, over processes and restarts: in a file
of the output folder (`ledger`), or in the Redis that machines share (`engine.redis`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pettingllms.engine.ledger import Ledger, Room
from pettingllms.errors import BudgetReachedError, CollectError, SettingError
from pettingllms.files import json
from pettingllms.providers.pricing import TIER_FACTORS, most_cost_usd
from pettingllms.providers.tokens import most_tokens
from pettingllms.records import Messages, Usage
from pettingllms.records.expenses import dollars, plain_number
from pettingllms.utils.api_client import APIConfig


def price_usd(
    config: APIConfig, prompt_tokens: int, completion_tokens: int, tier: str = ""
) -> float:
    """At the highest price that may hold: of `tier`, or of those that may answer. Raises:
    SettingError where none is known."""
    usage = Usage(prompt_tokens, completion_tokens)
    price = most_cost_usd(config, usage, tier or _dearest(config.tiers))
    if price is None:
        raise unknown_price(config)
    return price


def unknown_price(config: APIConfig) -> SettingError:
    return SettingError(
        f"The price list does not know {config.model!r} of {config.api_type}, so what a request"
        " may cost cannot be told.",
        "Say what it costs with SFT_PRICE (--price) in=...,out=... (US dollars for a million"
        " tokens), name a model that is known, or leave out SFT_MAX_COST_USD (--max-cost-usd).",
    )


def most_usd(config: APIConfig, messages: Messages, tier: str = "") -> float:
    """One request at its worst: a token for each byte, and all of `max_tokens`."""
    return price_usd(config, most_prompt_tokens(config, messages), config.max_tokens, tier)


def most_prompt_tokens(config: APIConfig, messages: Messages) -> int:
    """A token for each byte; further fields of the request, such as tools, may be read too."""
    return most_tokens(messages) + (len(json.dumps(config.params)) if config.params else 0)


def _dearest(tiers: Sequence[str]) -> str:
    """Of the tiers that may answer; of none, the ordinary one."""
    prices = {"auto": TIER_FACTORS["priority"], **TIER_FACTORS}
    return max(tiers, key=lambda tier: prices.get(tier, 1.0), default="")


_POLL_S = 0.2


@dataclass
class Reservation:
    """`usd` is the worst case until the answer is there, then what it cost."""

    usd: float


class Budget:
    """Lets requests leave while their worst case fits. Within one event loop."""

    def __init__(self, ledger: Ledger, limit_usd: float) -> None:
        self.limit_usd = limit_usd
        self.ledger = ledger
        self._outstanding = 0
        self._settled = asyncio.Condition()

    @asynccontextmanager
    async def reserve(self, usd: float) -> AsyncGenerator[Reservation]:
        """Hold `usd` until the block ends. Left by a request that was refused or never sent,
        nothing was spent; by one that was given up or lost, the provider may bill it, and the
        worst case stays.

        Waits while others, of this process or another, may yet cost less than they reserved.
        Raises: BudgetReachedError.
        """
        await self._take(usd)
        reservation = Reservation(usd)
        try:
            yield reservation
        except CollectError as error:
            if not error.may_be_billed:
                reservation.usd = 0.0
            raise
        finally:
            await self._settle(usd, reservation.usd)

    async def _take(self, usd: float) -> None:
        async with self._settled:
            while (room := await self.ledger.reserve(usd, self.limit_usd)) is not Room.TAKEN:
                # Of this process it is heard when one settles; nobody hears of another's.
                if self._outstanding:
                    await self._settled.wait()
                elif room is Room.MAY_COME:
                    await asyncio.sleep(_POLL_S)
                else:
                    raise await self._reached(usd)
            self._outstanding += 1

    async def _settle(self, reserved_usd: float, spent_usd: float) -> None:
        try:
            await self.ledger.settle(reserved_usd, spent_usd)
        finally:
            async with self._settled:
                self._outstanding -= 1
                self._settled.notify_all()

    async def _reached(self, usd: float) -> BudgetReachedError:
        return BudgetReachedError(
            f"The budget of ${plain_number(self.limit_usd)} is reached:"
            f" {dollars(await self.ledger.total_usd())} are spent or reserved, and the next request"
            f" may cost {dollars(usd)}.",
            "Raise SFT_MAX_COST_USD (--max-cost-usd) and run again: what was paid is kept.",
        )
