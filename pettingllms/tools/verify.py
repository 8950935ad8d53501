"""Proof: the answers of an exported file, judged again against the tests of their problems.

Memory holds the answers, not the prompts, and the problems one at a time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from pettingllms.export.reading import ExportedRow
from pettingllms.judge.assess import CodeJudge, assess
from pettingllms.records import Completion, Outcome, Problem, Verdict

_AT_ONCE = 64
"""Problems whose answers are judged side by side."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One row: its verdict now, or None where its problem is not among those given."""

    answer: ExportedRow
    verdict: Verdict | None

    @property
    def holds(self) -> bool:
        return self.verdict is not None and self.verdict.outcome.is_kept


@dataclass(frozen=True, slots=True)
class Verification:
    """`untested` rows have no tests to be judged by; `broken` ones are there in file order."""

    passed: int
    untested: int
    broken: tuple[Proof, ...]

    @property
    def rows(self) -> int:
        return self.passed + self.untested + len(self.broken)


async def verify(
    answers: Iterable[ExportedRow], problems: Iterable[Problem], judge: CodeJudge
) -> Verification:
    """Judge every answer again, in whatever order the problems come."""
    waiting: dict[str, list[ExportedRow]] = defaultdict(list)
    order: dict[str, int] = {}
    for number, answer in enumerate(answers):
        waiting[answer.problem_id].append(answer)
        order[answer.place] = number
    proofs: list[Proof] = []
    passed = untested = 0
    for batch in _batches(problem for problem in problems if problem.id in waiting):
        judged = [_prove(waiting.pop(problem.id), problem, judge) for problem in batch]
        for proof in chain.from_iterable(await asyncio.gather(*judged)):
            passed += proof.holds and not _is_untested(proof)
            untested += _is_untested(proof)
            proofs += [] if proof.holds else [proof]
    proofs += [Proof(answer, None) for answer in chain.from_iterable(waiting.values())]
    broken = sorted(proofs, key=lambda proof: order[proof.answer.place])
    return Verification(passed, untested, tuple(broken))


async def _prove(
    answers: Sequence[ExportedRow], problem: Problem, judge: CodeJudge
) -> Sequence[Proof]:
    assessed = (assess(problem, Completion(answer.answer), judge) for answer in answers)
    verdicts = await asyncio.gather(*assessed)
    return [Proof(answer, verdict) for answer, (_, verdict) in zip(answers, verdicts, strict=True)]


def _is_untested(proof: Proof) -> bool:
    return proof.verdict is not None and proof.verdict.outcome is Outcome.UNTESTED


def _batches(problems: Iterable[Problem]) -> Iterator[tuple[Problem, ...]]:
    iterator = iter(problems)
    while batch := tuple(islice(iterator, _AT_ONCE)):
        yield batch
