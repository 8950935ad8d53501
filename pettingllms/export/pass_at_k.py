"""How likely it is that one of k answers to a problem passes its tests.

The unbiased estimator of Chen et al. (2021, "Evaluating Large Language Models Trained on Code"):
of n answers c pass, so 1 - C(n - c, k) / C(n, k). An answer is the first of its sample, before any
repair, and counts where tests have decided. Samples that are asked because of what came of others
(`--accept`) are left out: by them a hard problem would look harder still.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

from pettingllms.records import Attempt, Outcome

_PLACES = 6


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """Of one problem: how many have been judged, and how many of them passed."""

    judged: int = 0
    passed: int = 0

    def pass_at(self, k: int) -> float:
        """Of at most `judged`."""
        return 1 - comb(self.judged - self.passed, k) / comb(self.judged, k)

    @property
    def rate(self) -> float:
        """pass@1; 0 where nothing was judged."""
        return round(self.passed / self.judged, _PLACES) if self.judged else 0.0

    @property
    def pass_at_k(self) -> dict[int, float]:
        return {k: round(self.pass_at(k), _PLACES) for k in powers_up_to(self.judged)}


_RANGE = re.compile(r"(\d*\.?\d+)?\.\.(\d*\.?\d+)?")


@dataclass(frozen=True, slots=True)
class PassRate:
    """From `least` to `most`, both within."""

    least: float = 0.0
    most: float = 1.0

    @classmethod
    def of(cls, text: str) -> PassRate:
        """Of `0.1..0.9`, `0.5..` or `..0.5`. Raises: ValueError."""
        found = _RANGE.fullmatch(text.replace(" ", ""))
        rate = cls(float(found[1] or 0), float(found[2] or 1)) if found else None
        if rate is None or not 0 <= rate.least <= rate.most <= 1:
            raise ValueError("write two shares, such as 0.1..0.9, of which the first is the less")
        return rate

    def holds(self, answers: FirstAnswers) -> bool:
        """Of what was judged; by the exact share: a third is more than 0.3333333."""
        return self.least <= answers.passed / answers.judged <= self.most

    def can_hold(self, judged: int) -> bool:
        """Whether of so many answers any number can pass for it."""
        return any(self.holds(FirstAnswers(judged, passed)) for passed in range(judged + 1))


def first_answers(samples: Iterable[Sequence[Attempt]], wave: int | None) -> FirstAnswers:
    """Of a problem's samples, each with its turns; `wave` of them (or all) were asked anyway."""
    firsts = (turns[0] for turns in samples if wave is None or turns[0].sample < wave)
    judged = [passed for passed in map(has_passed, firsts) if passed is not None]
    return FirstAnswers(len(judged), sum(judged))


def has_passed(attempt: Attempt) -> bool | None:
    """None where no tests have said whether the answer is right."""
    verdict = attempt.verdict
    if not attempt.is_tested or verdict is None or verdict.outcome.is_undecided:
        return None
    return verdict.outcome is Outcome.PASSED


def powers_up_to(n: int) -> list[int]:
    """1, 2, 4 and so on, and `n` itself."""
    return sorted({1 << exponent for exponent in range(n.bit_length())} | ({n} if n else set()))


def mean_pass_at_k(problems: Mapping[str, int]) -> dict[int, float]:
    """Over the problems of a run that have at least k judged answers. `problems` counts those that
    have so many judged and passed, as `key_of` writes it."""
    found = [(FirstAnswers(*map(int, key.split("/"))), n) for key, n in sorted(problems.items())]
    most = max((answers.judged for answers, _ in found), default=0)
    means: dict[int, float] = {}
    for k in powers_up_to(most):
        fitting = [(answers.pass_at(k), n) for answers, n in found if answers.judged >= k]
        problems_there = sum(n for _, n in fitting)
        means[k] = round(sum(value * n for value, n in fitting) / problems_there, _PLACES)
    return means


def key_of(answers: FirstAnswers) -> str:
    """Like `8/3`: eight judged, three passed."""
    return f"{answers.judged}/{answers.passed}"


def count_first_answers(counts: dict[str, int], answers: FirstAnswers) -> None:
    if answers.judged:
        add_first_answers(counts, {key_of(answers): 1})


def add_first_answers(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for key, problems in more.items():
        counts[key] = counts.get(key, 0) + problems
