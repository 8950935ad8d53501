"""What each send costs: reserved when it leaves, settled when its outcome is known.

An answer costs what its usage says, or the most that its texts can come to where it has none. A
refusal, an error of the server and a connection that was never made cost nothing. A timeout, a lost
connection and an answer that cannot be read may have been computed, and are charged in full: the
ledger is never below the bill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pettingllms.engine.budget import Budget, Reservation, most_prompt_tokens, unknown_price
from pettingllms.errors import CollectError
from pettingllms.providers.pricing import TIER_FACTORS, completion_cost_usd, most_cost_usd
from pettingllms.providers.tokens import most_tokens, with_usage
from pettingllms.records import NOT_BILLED, Completion, Messages, PerhapsBilled, Usage
from pettingllms.utils.api_client import APIConfig


@dataclass
class Bill:
    """US dollars for `answers`, of which some may have no price, and what else may be charged."""

    sends: int = 0
    answers: int = 0
    usd: float = 0.0
    unpriced: int = 0
    perhaps: PerhapsBilled = NOT_BILLED


class Billing:
    """Of one provider, for one run: `total` is what all its sends came to so far."""

    def __init__(self, config: APIConfig, budget: Budget | None) -> None:
        self.total = Bill()
        self._config = config
        self._budget = budget
        self._hidden_tokens = config.max_tokens if config.will_think else 0

    async def send(
        self,
        messages: Messages,
        send: Callable[[], Awaitable[Completion]],
        bill: Bill,
        tier: str = "",
    ) -> Completion:
        """One send on `tier`, put on `bill`. Raises: as `send`; BudgetReachedError."""
        leaves_at = datetime.now(UTC)
        async with self._reserved(messages, tier, leaves_at) as reservation:
            bills = (self.total, bill)
            _add(bills, sends=1)
            try:
                completion = with_usage(await send(), most_tokens(messages), self._hidden_tokens)
            except (CollectError, asyncio.CancelledError) as error:
                most = self._most_usd(messages, tier, leaves_at)
                is_free = most == 0  # one's own machine, and no bill
                if not is_free and (not isinstance(error, CollectError) or error.may_be_billed):
                    _add(bills, perhaps=PerhapsBilled(1, most or 0.0))
                raise
            if not completion.tier and TIER_FACTORS.get(tier, 1.0) > 1:
                completion = replace(completion, tier=tier)
            cost = completion_cost_usd(self._config, completion)
            reservation.usd = reservation.usd if cost is None else cost
            _add(bills, answers=1, usd=cost or 0.0, unpriced=int(cost is None))
        return completion

    def _most_usd(self, messages: Messages, tier: str, leaves_at: datetime) -> float | None:
        usage = Usage(most_prompt_tokens(self._config, messages), self._config.max_tokens)
        return most_cost_usd(self._config, usage, tier, leaves_at)

    def _reserved(
        self, messages: Messages, tier: str, leaves_at: datetime
    ) -> AbstractAsyncContextManager[Reservation]:
        """Nothing, and nothing worked out, where there is no budget."""
        if self._budget is None:
            return nullcontext(Reservation(0.0))
        most = self._most_usd(messages, tier, leaves_at)
        if most is None:
            raise unknown_price(self._config)
        return self._budget.reserve(most)


def _add(
    bills: Sequence[Bill],
    sends: int = 0,
    answers: int = 0,
    usd: float = 0.0,
    unpriced: int = 0,
    perhaps: PerhapsBilled = NOT_BILLED,
) -> None:
    for bill in bills:
        bill.sends += sends
        bill.answers += answers
        bill.usd += usd
        bill.unpriced += unpriced
        bill.perhaps += perhaps
