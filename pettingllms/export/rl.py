"""A set to train on by reinforcement: prompts with the tests that judge what a model answers.

One row a problem, however its answers fared: its pass rate says how hard it is for the model that
was asked. TRL's GRPO and verifiers load it; `pettingllms.local.training.rewards` judges by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orjson import OPT_NON_STR_KEYS, OPT_SORT_KEYS

from pettingllms.errors import OutputError
from pettingllms.export.agents import SampleId, of_agent
from pettingllms.export.attempts import by_problem
from pettingllms.export.decontamination import asked
from pettingllms.export.facets import facets_of
from pettingllms.export.filters import (
    Accepted,
    Drop,
    DropReason,
    Drops,
    Gates,
    accepted_of,
)
from pettingllms.export.pass_at_k import FirstAnswers, first_answers
from pettingllms.export.plain_tests import encode_tests
from pettingllms.export.sft import ChatMessage, RowOptions, prompt_said
from pettingllms.files.json import dumps
from pettingllms.problems.kinds import kind_of
from pettingllms.records import Attempt, Outcome, Problem

Samples = Sequence[tuple[Attempt, ...]]


@dataclass(frozen=True, slots=True)
class RLMetadata:
    """Of the problem; the fields are those of `SFTMetadata`. `reference` says where the answer in
    the row is from: the `problem`, a `model` whose code passed all tests, or nowhere."""

    problem_id: str
    difficulty: str
    source: str
    licence: str
    tests: str
    reference: str
    answers_judged: int
    answers_passed: int
    pass_rate: float
    pass_at_k: str
    problem: str


@dataclass(frozen=True, slots=True)
class RLInfo:
    """What a reward function needs: tests as `plain_tests` writes them, and the language."""

    tests: str
    language: str


@dataclass(frozen=True, slots=True)
class RLRow:
    """`answer` is the reference's code, empty where there is none."""

    prompt: tuple[ChatMessage, ...]
    answer: str
    info: RLInfo
    metadata: RLMetadata


def rl_rows(
    attempts: Iterable[Attempt], problems: Iterable[Problem], options: RowOptions, gates: Gates
) -> Iterator[RLRow]:
    """Of each problem whose tests have judged an answer, and which passes the gates for problems.

    `problems` are those of the run in their order. Raises: OutputError where one is not there.
    """
    remaining = iter(problems)
    for samples in _answers(attempts):
        problem = _problem_of(samples, remaining)
        answers = first_answers(samples, options.wave)
        if problem.tests is None or not answers.judged or not gates.admits(answers):
            continue
        benchmark = gates.benchmark
        first = samples[0][0]
        if benchmark and benchmark.match(asked(first.messages), problem.reference or ""):
            continue
        yield _row(problem, samples, answers, options)


def without_tests(attempts: Iterable[Attempt], drops: Drops) -> Drops:
    """The accepted answers to problems that no tests judge."""
    left_out: dict[SampleId, Drop] = {}
    for samples in _answers(attempts):
        for accepted in filter(None, map(accepted_of, samples)):
            if accepted.verdict.outcome is not Outcome.PASSED and accepted.id not in drops:
                left_out[accepted.id] = accepted.drop(DropReason.NO_TESTS)
    return left_out


def _answers(attempts: Iterable[Attempt]) -> Iterator[Samples]:
    """By problem; without the test sets that were written for some."""
    return (of_agent(samples, "code") for samples in by_problem(attempts))


def _problem_of(samples: Samples, remaining: Iterator[Problem]) -> Problem:
    wanted = samples[0][0].problem_id
    for problem in remaining:
        if problem.id == wanted:
            return problem
    raise OutputError(
        f"The problem {wanted!r} of the attempts is not among the problems, or in another place.",
        "An RL set takes the tests from the problems: name those of the run with --problems.",
    )


def _row(problem: Problem, samples: Samples, answers: FirstAnswers, options: RowOptions) -> RLRow:
    first = samples[0][0]
    known = facets_of(first)
    code, origin = _reference(problem, samples)
    tests = "" if problem.tests is None else encode_tests(problem.tests)
    return RLRow(
        prompt=prompt_said(first, options),
        answer=code,
        info=RLInfo(tests, first.language or problem.language or ""),
        metadata=RLMetadata(
            problem_id=problem.id,
            difficulty=known.difficulty,
            source=known.source,
            licence=known.licence,
            tests=kind_of(problem),
            reference=origin,
            answers_judged=answers.judged,
            answers_passed=answers.passed,
            pass_rate=answers.rate,
            pass_at_k=dumps(answers.pass_at_k, OPT_NON_STR_KEYS).decode(),
            problem=dumps(first.metadata, OPT_SORT_KEYS).decode(),
        ),
    )


def _reference(problem: Problem, samples: Samples) -> tuple[str, str]:
    """The problem's own, or the best code that passed."""
    if problem.reference is not None:
        return problem.reference, "problem"
    accepted = filter(None, map(accepted_of, samples))
    passed = [each for each in accepted if each.verdict.outcome is Outcome.PASSED]
    best: Accepted | None = min(passed, key=lambda answer: answer.rank, default=None)
    return (best.code, "model") if best else ("", "")
