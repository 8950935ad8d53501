"""What is said of the test sets that a run had written, on the terminal and on its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pettingllms.export.written_sets import WrittenSets
from pettingllms.wording import counted, words


def in_words(sets: WrittenSets) -> str:
    """Like `4 test sets, 3 kept (2 agreed, 1 passed), 1 wrong answer; 10 cases left out (10
    surplus)`."""
    kept, lost = sum(sets.kept.values()), Counter(sets.rejected) + Counter(sets.failed)
    how = f" ({_listed(sets.kept)})" if kept else ""
    said = [counted(sets.written, "test set"), f"{kept:,} kept{how}"]
    said += [_listed(lost)] if lost else []
    refused = sum(sets.refused.values())
    left = f"; {counted(refused, 'case')} left out ({_listed(sets.refused)})" if refused else ""
    killed = f"; {sets.killed:,} of {counted(sets.wrong, 'wrong program')} killed"
    return ", ".join(said) + left + (killed if sets.wrong else "")


def _listed(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {words(reason)}" for reason, count in ranked)
