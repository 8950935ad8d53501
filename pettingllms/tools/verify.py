"""Proof: the answers of an exported file, judged again against the tests of their problems.

Memory holds the answers, not the prompts, and the problems one at a time.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from pettingllms.agreement import MOST_CASES, read_tests
from pettingllms.agreement.entry_point import as_called
from pettingllms.agreement.forms import tests_of_text
from pettingllms.agreement.worth import judge_set
from pettingllms.export.reading import ExportedRow
from pettingllms.judge.assess import CodeJudge, assess, read_answer, run_code
from pettingllms.records import Completion, Failure, Outcome, Problem, Verdict

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
    """`agreed` rows pass the tests that they carry, which are what most answers returned;
    `untested` ones have none to be judged by; `broken` ones are there in file order."""

    passed: int
    untested: int
    broken: tuple[Proof, ...]
    agreed: int = 0

    @property
    def rows(self) -> int:
        return self.passed + self.agreed + self.untested + len(self.broken)


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
    found: Counter[Outcome] = Counter()
    for batch in _batches(problem for problem in problems if problem.id in waiting):
        judged = [_prove(waiting.pop(problem.id), problem, judge) for problem in batch]
        for proof in chain.from_iterable(await asyncio.gather(*judged)):
            if proof.verdict is not None and proof.holds:
                found[proof.verdict.outcome] += 1
            else:
                proofs.append(proof)
    proofs += [Proof(answer, None) for answer in chain.from_iterable(waiting.values())]
    broken = sorted(proofs, key=lambda proof: order[proof.answer.place])
    return Verification(
        found[Outcome.PASSED], found[Outcome.UNTESTED], tuple(broken), found[Outcome.AGREED]
    )


async def _prove(
    answers: Sequence[ExportedRow], problem: Problem, judge: CodeJudge
) -> Sequence[Proof]:
    verdicts = await asyncio.gather(*(_judged(answer, problem, judge) for answer in answers))
    return list(map(Proof, answers, verdicts))


async def _judged(row: ExportedRow, problem: Problem, judge: CodeJudge) -> Verdict:
    if row.metadata.get("agent") == "test":
        return await _judged_set(row, problem, judge)
    if problem.tests is None and row.metadata.get("verdict") == Outcome.AGREED:
        return await _judged_by_agreement(row, problem, judge)
    _, verdict = await assess(problem, Completion(row.answer), judge)
    return verdict


async def _judged_by_agreement(row: ExportedRow, problem: Problem, judge: CodeJudge) -> Verdict:
    """By the tests that the row carries."""
    try:
        tests = tests_of_text(row.metadata["tests"])
    except (ValueError, LookupError) as error:
        return Verdict(Outcome.ERROR, failure=Failure(error=f"what it agreed on: {error}"))
    code, verdict = await read_answer(replace(problem, tests=tests), Completion(row.answer))
    if verdict is not None or code is None:
        return verdict or Verdict(Outcome.NO_CODE)
    verdict = await run_code(judge, as_called(problem, code, tests), problem, tests)
    is_right = verdict.outcome is Outcome.PASSED
    return replace(verdict, outcome=Outcome.AGREED) if is_right else verdict


async def _judged_set(row: ExportedRow, problem: Problem, judge: CodeJudge) -> Verdict:
    """A written test set: by the reference, where there is one."""
    written = read_tests(problem, Completion(row.answer), MOST_CASES)
    if written.tests is None:
        return Verdict(Outcome.NO_TESTS, reason=written.why_none)
    verdict = await judge_set(problem, written.tests, (), None, judge)
    is_known = verdict.outcome is not Outcome.NO_AGREEMENT
    return verdict if is_known else Verdict(Outcome.UNTESTED)


def _batches(problems: Iterable[Problem]) -> Iterator[tuple[Problem, ...]]:
    iterator = iter(problems)
    while batch := tuple(islice(iterator, _AT_ONCE)):
        yield batch
