"""What a run has sent and paid, whatever becomes of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pettingllms.providers.config import APIConfig
from pettingllms.providers.pricing import completion_cost_usd
from pettingllms.records import Completion, Expenses


class Account:
    """Of all models of a run; grows while it works. A request counts once, however often sent.

    It also takes over the bills of runs that were killed before they could write their own: their
    answers are this run's then, each of them the first time that it is used.
    """

    def __init__(self) -> None:
        self.bill = Expenses()
        self._unanswered: set[str] = set()
        self.taken_over: dict[str, int] = {}
        """Runs, and how many answers each had paid."""
        self._used: set[str] = set()

    def take_over(self, owners: Sequence[str], bill: Expenses) -> None:
        """Of a run that was killed, or of batches: the `owners` of the answers are runs, or batches
        that were bought by."""
        for owner in owners:
            self.taken_over[owner] = bill.answers if owner == owners[0] else 0
        self.bill += bill

    def sent(self, key: str, turn: int) -> None:
        """A request leaves, perhaps not for the first time."""
        if key not in self._unanswered:
            self._unanswered.add(key)
            self.bill += Expenses(requests_by_turn={turn: 1})

    def paid(self, key: str, turn: int, completion: Completion, config: APIConfig) -> None:
        """Its answer is there, at the price of who was asked."""
        self._unanswered.discard(key)
        if self.taken_over:  # of this run, too, if an earlier try of it was killed
            self._used.add(key)
        usd = completion_cost_usd(config, completion)
        self.bill += Expenses.of(turn, completion.usage, usd)

    def found(self, key: str, completion: Completion) -> Completion:
        """One from the cache: for nothing, unless it is on a bill that was taken over."""
        if completion.run_id not in self.taken_over or key in self._used:
            return completion
        self._used.add(key)
        return replace(completion, cached=False)
