"""Two runs side by side: how each did, and the problems of both on which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pettingllms.errors import SettingError
from pettingllms.export import by_problem, iter_attempts
from pettingllms.records import Attempt
from pettingllms.tools.history.nights import Night
from pettingllms.tools.places import opened
from pettingllms.wording import words

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Fate:
    """Of one problem: how many of its samples were accepted, and else what became of the first."""

    samples: int
    accepted: int
    ending: str

    def __str__(self) -> str:
        if self.samples == 1:
            return "accepted" if self.accepted else self.ending
        said = f"{self.accepted} of {self.samples} accepted"
        return said if self.accepted else f"{said}: {self.ending}"


@dataclass(frozen=True, slots=True)
class Pair:
    problem_id: str
    first: Fate
    second: Fate


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Of the problems that both runs have: `both` solved, `neither` did, and those that only one of
    them solved, in the second run's order, as far as they are listed."""

    first: Night
    second: Night
    both: int
    neither: int
    only_first: int
    only_second: int
    lost: tuple[Pair, ...]
    won: tuple[Pair, ...]


def chosen(nights: Sequence[Night], names: Sequence[str]) -> tuple[Night, Night]:
    """The two nights that `names` mean: by the stamp of a run, or a model, of which it is the last
    night; without names, the last night and the one of the same job before it. Raises:
    SettingError."""
    if names:
        return _named(nights, names[0]), _named(nights, names[1])
    last = nights[-1]
    earlier = [night for night in nights[:-1] if night.series == last.series]
    if not earlier:
        raise SettingError("The last night's job has run once only.", "Name two: --compare A B.")
    return earlier[-1], last


def _named(nights: Sequence[Night], name: str) -> Night:
    found = [
        night
        for night in nights
        if name in (night.stamp, night.model)
        or any(name == model.partition(":")[2] for model in night.models)
    ]
    if not found:
        known = ", ".join(dict.fromkeys(night.model for night in reversed(nights)))
        raise SettingError(
            f"There is no run and no model {name!r}.",
            f"Name a run by its stamp, such as {nights[-1].stamp}, or one of: {known}.",
        )
    return found[-1]


def compare(first: Night, second: Night) -> RunComparison | None:
    """None where the attempts of one of them are gone. Memory holds one of them, a line for each
    problem. Raises: OutputError where attempts are damaged."""
    before = _fates(first)
    after = _fates(second)
    if before is None or after is None:
        return None
    pairs = [Pair(name, before[name], fate) for name, fate in after.items() if name in before]
    lost = [pair for pair in pairs if pair.first.accepted and not pair.second.accepted]
    won = [pair for pair in pairs if pair.second.accepted and not pair.first.accepted]
    both = sum(1 for pair in pairs if pair.first.accepted and pair.second.accepted)
    return RunComparison(
        first,
        second,
        both=both,
        neither=len(pairs) - both - len(lost) - len(won),
        only_first=len(lost),
        only_second=len(won),
        lost=tuple(lost[:MOST_LISTED]),
        won=tuple(won[:MOST_LISTED]),
    )


def _fates(night: Night) -> Mapping[str, Fate] | None:
    with opened(night.place) as files:
        if not files.attempts.exists():
            return None
        return {
            samples[0][0].problem_id: _fate([turns[-1] for turns in samples])
            for samples in by_problem(iter_attempts(files.attempts))
        }


def _fate(last: Sequence[Attempt]) -> Fate:
    endings = [*_endings(last)]
    accepted = sum(ending == "" for ending in endings)
    return Fate(len(last), accepted, next(filter(None, endings), ""))


def _endings(last: Sequence[Attempt]) -> Iterator[str]:
    """Nothing for what was accepted."""
    for attempt in last:
        if attempt.verdict is None:
            yield words(attempt.failure.cause) if attempt.failure else "not judged"
        else:
            yield "" if attempt.verdict.outcome.is_kept else words(attempt.verdict.counted_as)
