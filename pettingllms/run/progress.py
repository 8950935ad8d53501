"""How far a run is, in numbers that grow while it works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pettingllms.export.stats import KeptCounts
from pettingllms.records import NEVER_SENT, Attempt, Review


@dataclass
class Progress:
    """For whoever watches. Samples are `answered` first, and end as `accepted`, or `rejected` or
    `failed` under a reason. Of the requests behind those that ended, `sent` were sent, and `cached`
    answered from the cache; `usd` were spent on them as far as prices are known, for `bought`
    samples.
    """

    problems: int
    samples: int
    problems_done: int = 0
    answered: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    sent: int = 0
    cached: int = 0
    bought: int = 0
    usd: float = 0.0
    unpriced: int = 0

    @property
    def endings(self) -> Counter[str]:
        rejected, failed = self.rejected.total(), self.failed.total()
        return Counter(accepted=self.accepted, rejected=rejected, failed=failed)

    def add_problem(self, samples: Sequence[Sequence[Attempt]]) -> None:
        """One that is done: its samples, each with its turns."""
        self.problems_done += 1
        for turns in samples:
            self._add_ending(turns[-1])
            requests = [request for turn in turns for request in (turn, turn.review) if request]
            sent = [request for request in requests if _was_sent(request)]
            self.sent += len(sent)
            self.cached += sum(map(_was_cached, requests))
            self.bought += bool(sent)
            self.usd += sum(request.cost_usd or 0.0 for request in sent)
            self.unpriced += sum(bool(r.completion) and r.cost_usd is None for r in sent)

    def add_kept(self, counts: KeptCounts) -> None:
        """Problems that are done, all of them from the cache."""
        self.problems_done += counts.problems
        self.samples -= counts.not_needed
        self.answered += counts.samples
        self.accepted += sum(counts.accepted_by_turn.values())
        self.rejected.update(counts.rejected)
        self.failed.update(counts.failed)
        self.cached += counts.answered_from_cache

    def _add_ending(self, last: Attempt) -> None:
        if last.failure is not None:
            self.failed[last.failure.cause] += 1
        elif last.verdict is not None and last.verdict.outcome.is_kept:
            self.accepted += 1
        elif last.verdict is not None:
            self.rejected[last.verdict.counted_as] += 1


def _was_sent(request: Attempt | Review) -> bool:
    if request.failure is not None:
        return request.failure.cause not in NEVER_SENT
    return not _was_cached(request)


def _was_cached(request: Attempt | Review) -> bool:
    return request.completion is not None and request.completion.cached
