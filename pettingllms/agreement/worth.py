"""What a written set of tests is worth: whether it is right, and what wrong programs it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pettingllms.agreement.entry_point import as_called
from pettingllms.agreement.forms import CaseTests
from pettingllms.agreement.mutants import mutants
from pettingllms.agreement.test_writer import input_key
from pettingllms.judge.assess import CodeJudge, run_code
from pettingllms.judge.runners.compare import matches
from pettingllms.judge.runners.compare_text import same_output
from pettingllms.judge.runners.show import clip_end, show, show_call
from pettingllms.judge.sandbox.inside.plain import encode
from pettingllms.records import (
    Attempt,
    Failure,
    FunctionCase,
    FunctionTests,
    Outcome,
    Problem,
    Solution,
    StdioCase,
    Tests,
    Verdict,
    Written,
)
from pettingllms.records.languages import PYTHON

MOST_MUTANTS = 10
NOTHING_RIGHT = "no_right_answer"
"""Why nobody can say whether a set is right: there is no reference, and no answer was accepted."""
_WRONG = frozenset(
    {Outcome.WRONG_ANSWER, Outcome.DISAGREED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.MEMORY}
)


async def judge_set(
    problem: Problem, tests: CaseTests, answers: Sequence[Attempt], agreed: CaseTests | None,
    judge: CodeJudge,
) -> Verdict:  # fmt: skip
    """PASSED where the reference, another solution that came with the problem, or an answer that
    passed the problem's own tests passes the set; AGREED where every case is as most answers have
    it."""
    right = list(_right_ones(problem, answers))
    if right:
        verdicts = [await _run(judge, solution, problem, tests) for solution in right]
        return next((v for v in verdicts if v.outcome.is_kept), _as_wrong(verdicts[0]))
    if agreed is not None:
        return _held_against(tests, agreed)
    is_without = problem.tests is None and any(
        a.verdict and a.verdict.outcome is Outcome.NO_AGREEMENT for a in answers
    )
    reason = "" if is_without else NOTHING_RIGHT
    return Verdict(Outcome.NO_AGREEMENT, tests_total=len(tests.cases), reason=reason)


async def count_kills(
    problem: Problem, tests: CaseTests, answers: Sequence[Attempt], agreed: CaseTests | None,
    judge: CodeJudge,
) -> Written:  # fmt: skip
    """Of the programs that are known to be wrong (answers that failed, those that came with the
    problem as wrong, mutants of a right one), those that the set fails."""
    golden = problem.tests or agreed
    wrong = [*problem.wrong, *(Solution(code) for code in _failed_codes(answers))]
    for mutant in _mutants_of(problem, answers):
        is_wrong = (
            golden is None or not (await _run(judge, mutant, problem, golden)).outcome.is_kept
        )
        wrong += [mutant] if is_wrong else []
    verdicts = [await _run(judge, solution, problem, tests) for solution in wrong]
    killed = sum(not verdict.outcome.is_kept for verdict in verdicts)
    return Written(killed=killed, wrong=len(wrong))


def _right_ones(problem: Problem, answers: Sequence[Attempt]) -> Iterator[Solution]:
    """What came with the problem; of a problem with tests and no reference, one answer."""
    if problem.reference is not None:
        yield Solution(problem.reference)
    yield from problem.solutions
    if problem.reference is None and not problem.solutions:
        passed = (code for code in _codes(answers, {Outcome.PASSED}))
        yield from (Solution(code) for code, _ in zip(passed, range(1), strict=False))


def _failed_codes(answers: Sequence[Attempt]) -> list[str]:
    return list(dict.fromkeys(_codes(answers, _WRONG)))


def _codes(
    answers: Sequence[Attempt], outcomes: set[Outcome] | frozenset[Outcome]
) -> Iterator[str]:
    for attempt in answers:
        if attempt.code is not None and attempt.verdict and attempt.verdict.outcome in outcomes:
            yield attempt.code


def _mutants_of(problem: Problem, answers: Sequence[Attempt]) -> list[Solution]:
    """Of a right program in Python."""
    if problem.language not in (None, PYTHON):
        return []
    right = problem.reference or next(_codes(answers, {Outcome.PASSED, Outcome.AGREED}), None)
    return [] if right is None else [Solution(code) for code in mutants(right, MOST_MUTANTS)]


async def _run(judge: CodeJudge, solution: Solution, problem: Problem, tests: Tests) -> Verdict:
    spoken = replace(problem, language=solution.language or problem.language)
    return await run_code(judge, as_called(problem, solution.code, tests), spoken, tests)


def _as_wrong(verdict: Verdict) -> Verdict:
    """However a right program fails a case, the case is wrong; the sandbox's own faults are not."""
    is_fault = verdict.outcome in (Outcome.SANDBOX_FAILURE, Outcome.MISSING_LIBRARY)
    return verdict if is_fault else replace(verdict, outcome=Outcome.WRONG_ANSWER)


def _held_against(tests: CaseTests, agreed: CaseTests) -> Verdict:
    """An input for which most answers give nothing is none that the task allows."""
    told = {input_key(case): case for case in agreed.cases}
    right, failure = 0, None
    for case in tests.cases:
        other = told.get(input_key(case))
        if other is not None and _same(case, other, tests):
            right += 1
        elif failure is None:
            failure = _difference(case, other, tests)
    outcome = Outcome.AGREED if failure is None else Outcome.WRONG_ANSWER
    return Verdict(outcome, right, len(tests.cases), failure, judged_by="agreement of answers")


def _same(
    case: FunctionCase | StdioCase, other: FunctionCase | StdioCase, tests: CaseTests
) -> bool:
    if isinstance(case, FunctionCase) and isinstance(other, FunctionCase):
        return matches(encode(other.expected), case.expected, tests.comparison)
    if isinstance(case, StdioCase) and isinstance(other, StdioCase):
        return same_output(other.stdout, case.stdout, tests.comparison)
    return False


def _difference(
    case: FunctionCase | StdioCase, other: FunctionCase | StdioCase | None, tests: CaseTests
) -> Failure:
    """As of an answer: what is expected is what was written, and what most give was got."""
    error = "" if other else "most answers give nothing for this input"
    if isinstance(case, StdioCase):
        got = clip_end(other.stdout) if isinstance(other, StdioCase) else ""
        return Failure(clip_end(case.stdin), clip_end(case.stdout), got, error)
    name = tests.entry_point if isinstance(tests, FunctionTests) else ""
    call = show_call(name, [encode(arg) for arg in case.args])
    got = show(encode(other.expected)) if isinstance(other, FunctionCase) else ""
    return Failure(call, show(encode(case.expected)), got, error)
