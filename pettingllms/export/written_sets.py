"""What became of the test sets that a run had written, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pettingllms.records import Attempt


@dataclass(slots=True)
class WrittenSets:
    """Sets by what was found of them: `kept` by verdict, `rejected` by reason, `failed` by the
    cause of a request without answer. `cases` were taken, others `refused`, by reason. Of the
    programs known to be `wrong` the kept sets `killed` so many."""

    kept: dict[str, int] = field(default_factory=dict[str, int])
    rejected: dict[str, int] = field(default_factory=dict[str, int])
    failed: dict[str, int] = field(default_factory=dict[str, int])
    refused: dict[str, int] = field(default_factory=dict[str, int])
    cases: int = 0
    killed: int = 0
    wrong: int = 0
    exported: int = 0
    dropped: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def written(self) -> int:
        return sum(map(sum, (self.kept.values(), self.rejected.values(), self.failed.values())))

    def add_set(self, last: Attempt) -> None:
        """By its last turn."""
        verdict, written = last.verdict, last.written
        if verdict is None:
            _count(self.failed, last.failure.cause if last.failure else "")
            return
        kept = verdict.outcome.is_kept
        _count(self.kept if kept else self.rejected, verdict.counted_as)
        self.cases += verdict.tests_total
        if written is not None:
            _add_counts(self.refused, written.refused)
            self.killed += written.killed
            self.wrong += written.wrong

    def add(self, other: WrittenSets) -> None:
        for name in ("kept", "rejected", "failed", "refused", "dropped"):
            _add_counts(getattr(self, name), getattr(other, name))
        for name in ("cases", "killed", "wrong", "exported"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def _count(counts: dict[str, int], name: str, count: int = 1) -> None:
    counts[name] = counts.get(name, 0) + count


def _add_counts(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        _count(counts, name, count)


def exported_sets(sets: WrittenSets, dropped: Counter[str], *, are_rows: bool) -> WrittenSets:
    """With what the gates made of those that were kept."""
    kept = sum(sets.kept.values())
    exported = kept - dropped.total() if are_rows else 0
    found = WrittenSets(exported=exported, dropped=dict(dropped))
    found.add(sets)
    return found
