"""How far a run is, in numbers that grow while it works."""

from __future__ import annotations

from pettingllms.export import Outcomes
from pettingllms.export.tally import KeptCounts
from pettingllms.records import Quota


class Progress:
    """For whoever watches. Samples are `answered` first; what became of those that have ended, and
    of the requests behind them, is in the `tally`."""

    def __init__(self, problems: int, samples: int, quota: Quota | None = None) -> None:
        self.problems = problems
        self.answered = 0
        self.tally = Outcomes(quota)
        self._planned = samples

    def add_finished(self, counts: KeptCounts) -> None:
        """Problems that an earlier run has finished."""
        self.answered += counts.samples
        self.tally.add_kept(counts)

    @property
    def samples(self) -> int:
        """Those that are asked for, as far as is known by now."""
        return self._planned - self.tally.not_needed

    @property
    def ended(self) -> int:
        return self.tally.samples
