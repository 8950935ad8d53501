"""From a completion to its verdict: the cheap reasons first, the sandbox last."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from pettingllms.errors import (
    BrokenProblemError,
    CollectError,
    LackingLibraryError,
    RowError,
    quoted,
)
from pettingllms.judge.answer.completion import completed
from pettingllms.judge.answer.extract import extract_code
from pettingllms.judge.answer.other_languages import extract_other, language_of
from pettingllms.judge.answer.rubric import Rubric
from pettingllms.judge.answer.user_validator import UserValidator
from pettingllms.judge.answer.validators import (
    CODE_VALIDATORS,
    NO_BOUNDS,
    TEXT_VALIDATORS,
    Candidate,
    LengthBounds,
    of_wrong_length,
)
from pettingllms.judge.observation import Observation, unseen
from pettingllms.judge.runners.asserts import libraries_of
from pettingllms.judge.runners.show import clip_end
from pettingllms.judge.runners.trial import aside
from pettingllms.judge.sandbox.libraries import NOT_THERE
from pettingllms.records import (
    Completion,
    Failure,
    FunctionTests,
    Outcome,
    Problem,
    Solution,
    StdioCase,
    StdioTests,
    Tests,
    Verdict,
)
from pettingllms.records.languages import LANGUAGES, PYTHON

log = logging.getLogger(__name__)
T = TypeVar("T")
_FRAMES = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n)*")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a user asks of an answer beyond the tests; the rubric, where there are none."""

    length: LengthBounds = NO_BOUNDS
    user_validator: UserValidator | None = None
    rubric: Rubric | None = None


NO_RULES = Rules()


class CodeJudge(Protocol):
    """Runs code against tests: a `Judge`, or one that remembers."""

    async def judge(self, code: str, tests: Tests, language: str = PYTHON) -> Verdict: ...


class Observer(CodeJudge, Protocol):
    """A judge that also tells what programs give for inputs."""

    async def observe(
        self, code: str, tests: FunctionTests | StdioTests, language: str = PYTHON
    ) -> Observation: ...


async def assess(
    problem: Problem, completion: Completion, judge: CodeJudge, rules: Rules = NO_RULES
) -> tuple[str | None, Verdict]:
    """The code found in the answer, if any, and what it is worth.

    A problem without tests is UNTESTED once it has an answer: any language, or prose.
    Raises: SettingError where the user's validator fails.
    """
    return await assess_as_asked(await answered_in(problem, completion), completion, judge, rules)


async def assess_as_asked(
    problem: Problem, completion: Completion, judge: CodeJudge, rules: Rules = NO_RULES
) -> tuple[str | None, Verdict]:
    """As `assess`, of an answer whose language has been looked for."""
    code, verdict = await read_answer(problem, completion, rules)
    candidate = Candidate(problem, completion, code)
    verdict = verdict or await _judged(candidate, judge)
    if verdict.outcome.is_kept and rules.user_validator is not None:
        verdict = await rules.user_validator(candidate) or verdict
    return code, verdict


async def answered_in(problem: Problem, completion: Completion) -> Problem:
    """The problem with the language of the answer, where it leaves that open."""
    if problem.language is not None or not isinstance(problem.tests, StdioTests):
        return problem
    text = completion.text
    try:
        language = await aside(len(text), lambda: language_of(text))
    except Exception as error:  # a fault of ours is this row's failure alone
        log.warning(
            "The language of an answer to %s is not known.", quoted(problem.id), exc_info=error
        )
        return problem
    if language is None:
        return problem
    return replace(problem, language=language.name)


async def read_answer(
    problem: Problem, completion: Completion, rules: Rules = NO_RULES
) -> tuple[str | None, Verdict | None]:
    """The code, and what can be said of the answer without running it."""
    try:
        return await aside(len(completion.text), lambda: _read(problem, completion, rules))
    except Exception as error:  # noqa: BLE001  # a fault of ours is this row's failure alone
        return None, _at_fault(problem, error)


def _read(
    problem: Problem, completion: Completion, rules: Rules
) -> tuple[str | None, Verdict | None]:
    said = _first(TEXT_VALIDATORS, completion) or of_wrong_length(completion, rules.length)
    if said is not None:
        return None, said
    code = _extract(problem, completion.text)
    return code, _first(CODE_VALIDATORS, Candidate(problem, completion, code))


def _extract(problem: Problem, text: str) -> str | None:
    entry_point = getattr(problem.tests, "entry_point", None) or None
    if problem.language in (None, PYTHON):
        code = extract_code(text, entry_point)
        return completed(problem, text, entry_point, code) if entry_point else code
    return extract_other(text, LANGUAGES[problem.language], entry_point)


def _first(validators: Iterable[Callable[[T], Verdict | None]], subject: T) -> Verdict | None:
    """What the first of them says that has something to say."""
    verdicts = (validator(subject) for validator in validators)
    return next((verdict for verdict in verdicts if verdict is not None), None)


async def _judged(candidate: Candidate, judge: CodeJudge) -> Verdict:
    if candidate.problem.tests is None or candidate.code is None:
        return Verdict(Outcome.UNTESTED)
    return await run_code(judge, candidate.code, candidate.problem, candidate.problem.tests)


async def run_code(judge: CodeJudge, code: str, problem: Problem, tests: Tests) -> Verdict:
    """The verdict on `code`, in the problem's language. Raises: what ends a run, such as a full
    disk."""
    try:
        return await judge.judge(code, tests, problem.language or PYTHON)
    except CollectError:
        raise
    except Exception as error:  # noqa: BLE001  # a fault of ours is this row's failure alone
        return _at_fault(problem, error)


async def observe_code(
    judge: Observer, code: str, problem: Problem, tests: FunctionTests | StdioTests
) -> Observation:
    """What `code` gives for the inputs of `tests`. Raises as `run_code`."""
    try:
        return await judge.observe(code, tests, problem.language or PYTHON)
    except CollectError:
        raise
    except Exception as error:  # noqa: BLE001  # a fault of ours is this row's failure alone
        return unseen(tests, _at_fault(problem, error).outcome)


def _at_fault(problem: Problem, error: Exception) -> Verdict:
    log.warning("An answer to %s could not be judged.", quoted(problem.id), exc_info=error)
    said = f"the judge failed: {type(error).__name__}: {error}"
    return Verdict(Outcome.SANDBOX_FAILURE, failure=Failure(error=clip_end(said)))


async def check_reference(problem: Problem, judge: CodeJudge) -> RowError | None:
    """What is wrong with a problem whose reference, and whatever other solutions it came with, fail
    its own tests: no answer can pass; or that they need a library which the judge does not have."""
    tests = problem.tests
    if tests is None:
        return None
    for name in sorted(libraries_of(tests)):
        if await _is_lacking(name, judge):
            return _lacking(problem, "tests", f"{name} {NOT_THERE}")
    failed: Verdict | None = None
    for solution in _right_ones(problem):
        verdict = await run_code(judge, solution.code, _in_language(problem, solution), tests)
        if verdict.outcome.is_kept:
            return None
        failed = failed or verdict
    if failed is None:
        return None
    if failed.outcome is Outcome.MISSING_LIBRARY:
        return _lacking(problem, "reference", failed.failure.error if failed.failure else "")
    return BrokenProblemError(
        f"{problem.origin}: the reference of {quoted(problem.id)} fails its own tests"
        f" ({what_failed(failed)}). The problem is not asked.",
        "Correct its tests or its reference, or leave the reference out.",
    )


async def _is_lacking(name: str, judge: CodeJudge) -> bool:
    """Whether a program that does no more than import it cannot."""
    nothing = StdioTests((StdioCase("", ""),))
    verdict = await judge.judge(f"import {name}", nothing)
    return verdict.outcome is Outcome.MISSING_LIBRARY


def _lacking(problem: Problem, what: str, why: str) -> LackingLibraryError:
    is_python = problem.language in (None, PYTHON)
    return LackingLibraryError(
        f"{problem.origin}: the {what} of {quoted(problem.id)} cannot be judged: {why}. The problem"
        " is not asked.",
        "Run `make judge-libraries`, or name a Python that has it with --judge-python."
        if is_python
        else "Install a newer compiler, or leave the problem out.",
    )


async def weakness_of(problem: Problem, judge: CodeJudge) -> str | None:
    """What is wrong with tests that accept a solution that is known to be wrong."""
    tests = problem.tests
    if tests is None:
        return None
    for number, solution in enumerate(problem.wrong, start=1):
        verdict = await run_code(judge, solution.code, _in_language(problem, solution), tests)
        if verdict.outcome is Outcome.PASSED:
            return (
                f"{problem.origin}: the tests of {quoted(problem.id)} accept a solution that is"
                f" known to be wrong (number {number} of those that came with it): answers that"
                " pass them may be wrong too."
            )
    return None


def _right_ones(problem: Problem) -> list[Solution]:
    first = [] if problem.reference is None else [Solution(problem.reference)]
    return [*first, *problem.solutions]


def _in_language(problem: Problem, solution: Solution) -> Problem:
    return replace(problem, language=solution.language or problem.language)


def what_failed(verdict: Verdict) -> str:
    """On one line, like `wrong answer after 2 of 7 tests: f(1), expected 2, got 3`; of a traceback
    what was raised."""
    summary = verdict.counted_as.replace("_", " ")
    if verdict.tests_total:
        summary += f" after {verdict.tests_passed} of {verdict.tests_total} tests"
    failure = verdict.failure
    if failure is None:
        return summary
    said = (
        failure.test,
        failure.expected and f"expected {failure.expected}",
        failure.got and f"got {failure.got}",
        _FRAMES.sub("", failure.error),
    )
    found = ", ".join(" ".join(part.split()) for part in said if part)
    return f"{summary}: {found}" if found else summary
