"""Which accepted answers are exported: the best of a problem, by a rule that is stated."""

from dataclasses import replace

import pytest

from pettingllms.export import Gates, compute_stats, find_drops, sft_rows
from pettingllms.export.stats import CountMismatchError
from pettingllms.records import Attempt, Outcome, Quota, Usage

from .attempt_samples import answered
from .test_stats import RUN

BEST_FIRST = [
    [answered(sample=4, text="longer code, few turns")],
    [answered(sample=5, outcome=Outcome.ERROR), answered(sample=5, turn=1, text="s")],
    [answered(sample=0, outcome=Outcome.ERROR), answered(sample=0, turn=1, text="short")],
    [
        answered(sample=1, outcome=Outcome.ERROR),
        answered(sample=1, turn=1, text="short", usage=Usage(10, 21)),
    ],
    [
        answered(sample=2, outcome=Outcome.ERROR),
        answered(sample=2, turn=1, text="short", usage=Usage(10, 21)),
    ],
]
"""Samples of one problem: fewer turns, then shorter code, then fewer tokens, then the first."""


def in_sample_order(rollouts: list[list[Attempt]]) -> list[Attempt]:
    return [a for turns in sorted(rollouts, key=lambda turns: turns[0].sample) for a in turns]


@pytest.mark.parametrize("keep", range(1, 6))
def test_the_best_are_kept_by_the_stated_rule(keep: int) -> None:
    """Whatever comes first in the file, and the rows stay in the file's order."""
    attempts = in_sample_order(BEST_FIRST)
    drops = find_drops(attempts, Gates(keep))
    kept = [row.metadata.sample for row in sft_rows(attempts, drops)]
    assert kept == sorted(turns[0].sample for turns in BEST_FIRST[:keep])
    assert {drop.reason for drop in drops.values()} <= {"surplus"}


def test_the_limit_is_of_each_problem() -> None:
    """One problem's answers are no reason to drop another's."""
    attempts = [answered(f"p/{number}", sample=sample) for number in range(3) for sample in (0, 1)]
    drops = find_drops(attempts, Gates(keep=1))
    assert set(drops) == {(f"p/{number}", 1) for number in range(3)}


def test_without_gates_every_accepted_answer_is_exported() -> None:
    """The default."""
    assert not find_drops(in_sample_order(BEST_FIRST), Gates())


def test_what_is_dropped_is_counted_and_adds_up() -> None:
    """Accepted = exported + dropped, or the stats cannot be made."""
    attempts = in_sample_order(BEST_FIRST)
    stats = compute_stats(attempts, RUN, find_drops(attempts, Gates(keep=2)))
    assert (stats.accepted, stats.exported, stats.dropped) == (5, 2, {"surplus": 3})
    with pytest.raises(CountMismatchError, match="5 samples are accepted, but 3 exported"):
        replace(stats, exported=3)


@pytest.mark.parametrize(
    ("quota", "asked", "accepted", "wave"),
    [
        (Quota(5), 0, 0, range(5)),
        (Quota(5), 5, 0, range(0)),
        (Quota(5, accept=2), 0, 0, range(2)),
        (Quota(5, accept=2), 2, 1, range(2, 3)),
        (Quota(5, accept=2), 4, 0, range(4, 5)),
        (Quota(5, accept=2), 5, 1, range(0)),
        (Quota(5, accept=2), 3, 2, range(0)),
        (Quota(2, accept=9), 0, 0, range(2)),
    ],
)
def test_a_wave_is_what_is_still_needed(
    quota: Quota, asked: int, accepted: int, wave: range
) -> None:
    """As many as are missing, never beyond the samples."""
    assert quota.wave(asked, accepted) == wave


def test_samples_not_needed_explain_those_not_asked() -> None:
    """Stats from the attempts and the quota alone: planned = asked + not needed."""
    run = replace(RUN, samples_planned=8, quota=Quota(4, accept=1))
    attempts = [
        answered("p/0", Outcome.ERROR),
        answered("p/0", sample=1),
        *(answered("p/1", Outcome.ERROR, sample=sample) for sample in range(4)),
    ]
    stats = compute_stats(attempts, run)
    assert (stats.samples, stats.not_needed, stats.not_reached) == (6, 2, 0)
    with pytest.raises(CountMismatchError, match="8 samples were planned, 5 are there"):
        compute_stats(attempts[:-1], run)
