"""The samples of one problem: their turns, from the first answers to the last verdicts."""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any

from pettingllms.engine import Answer, Engine, Miss
from pettingllms.errors import (
    FatalError,
    PrivateProblemError,
    RowError,
    TransientError,
    is_transient,
)
from pettingllms.judge.answer.rubric import unrated
from pettingllms.judge.assess import (
    NO_RULES,
    CodeJudge,
    Rules,
    assess,
    check_reference,
    weakness_of,
)
from pettingllms.languages import PYTHON
from pettingllms.providers.pricing import completion_cost_usd
from pettingllms.records import (
    STOPPED,
    Attempt,
    Completion,
    Message,
    Outcome,
    Problem,
    Quota,
    RequestFailure,
    Review,
)
from pettingllms.run import prompts
from pettingllms.run.feedback import FeedbackRule, feedback_on
from pettingllms.run.in_parallel import in_parallel

log = logging.getLogger(__name__)
Answers = tuple[Answer, ...]
Recalled = tuple[Answer | Miss, ...]
"""What the cache has of a problem's first wave."""
Trajectory = tuple[Attempt, ...]
"""A sample's turns."""
Samples = tuple[Trajectory, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A problem, the messages that open it, and why it must not be sent, if it must not."""

    problem: Problem
    messages: tuple[Message, ...]
    held_back: PrivateProblemError | None = None


@dataclass(frozen=True, slots=True)
class NextTurn:
    """What is asked next of a sample; once it is `escalated`, of the stronger model."""

    problem: Problem
    sample: int
    messages: tuple[Message, ...]
    feedback: str = ""
    shown_case: int | None = None
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Rollouts:
    """How rollouts are run: `engine` answers, `judge` says what an answer is worth; `feedback` is
    what a repair turn may be told. What `engine` does not solve, `escalation` is asked, where there
    is one; `grader` grades by the rubric, or who answers."""

    engine: Engine
    judge: CodeJudge
    quota: Quota
    max_turns: int
    rules: Rules = NO_RULES
    feedback: FeedbackRule | None = None
    escalation: Engine | None = None
    grader: Engine | None = None

    @property
    def stopped_by(self) -> FatalError | None:
        """What ended the run early, whichever model it came from."""
        engines = (self.engine, self.escalation, self.grader)
        return next((engine.stopped_by for engine in engines if engine and engine.stopped_by), None)

    async def recall(self, prompts: Sequence[Prompt]) -> list[Recalled]:
        """What is kept of the first waves of many problems, read together."""
        wave = self.quota.wave()
        asked = [(prompt.messages, sample) for prompt in prompts for sample in wave]
        found = iter(await self.engine.recall(asked))
        return [tuple(islice(found, len(wave))) for _ in prompts]

    async def answer(self, prompt: Prompt, recalled: Recalled) -> Answers:
        """To each sample's first turn, in the first wave. A problem that is held back is not asked,
        nor is one whose reference fails its own tests: each of its samples gets that error for an
        answer."""
        if prompt.held_back is not None:
            return (Answer("", error=prompt.held_back),) * self.quota.samples
        broken = await check_reference(prompt.problem, self.judge)
        if broken is not None:
            log.warning("%s", broken.message)
            return (Answer("", error=broken),) * self.quota.samples
        weakness = await weakness_of(prompt.problem, self.judge)
        if weakness is not None:
            log.warning("%s", weakness)
        return tuple(await in_parallel(self.engine.settle, recalled))

    async def finish(self, prompt: Prompt, answers: Answers, *, goes_on: bool) -> Samples:
        """Each sample's turns: the first wave's, and of the waves that are needed then.

        After an outage no wave follows unless it `goes_on`: how many samples are needed is known
        when it is over.
        """
        wave = range(len(answers))
        turns = (NextTurn(prompt.problem, sample, prompt.messages) for sample in wave)
        started = [*zip(turns, answers, repeat(()), strict=False)]
        return await self._waves(prompt, await in_parallel(self._roll_out, started), goes_on)

    async def resume(self, prompt: Prompt, samples: Samples, *, goes_on: bool) -> Samples:
        """What an outage has broken off, once more; as `finish`."""
        resumed = await in_parallel(lambda turns: self._resume(prompt.problem, turns), samples)
        return await self._waves(prompt, resumed, goes_on)

    async def _waves(self, prompt: Prompt, samples: list[Trajectory], goes_on: bool) -> Samples:
        while wave := self.quota.wave(len(samples), sum(map(_is_accepted, samples))):
            if not goes_on and any(map(is_broken_off, samples)):
                break
            turns = [NextTurn(prompt.problem, sample, prompt.messages) for sample in wave]
            samples += await in_parallel(self._begin, turns)
        return tuple(samples)

    async def _begin(self, turn: NextTurn) -> Trajectory:
        return await self._roll_out((turn, await self._ask(turn, 0), ()))

    async def _ask(self, turn: NextTurn, number: int) -> Answer:
        return await self._engine_of(turn).ask(turn.messages, turn.sample, number)

    def _engine_of(self, turn: NextTurn) -> Engine:
        return self.escalation if turn.escalated and self.escalation else self.engine

    async def _roll_out(self, started: tuple[NextTurn, Answer, Trajectory]) -> Trajectory:
        """Judge the answer to a turn, and take further turns while they can help."""
        turn, answer, before = started
        attempts = [*before, await self._attempt(turn, len(before), answer)]
        while (further := self._further(turn, attempts)) is not None:
            turn, number = further, len(attempts)
            attempts.append(await self._attempt(turn, number, await self._ask(turn, number)))
        return tuple(attempts)

    async def _resume(self, problem: Problem, trajectory: Trajectory) -> Trajectory:
        """Ask again for the answer, or the grade, that its last turn lacks."""
        if not is_broken_off(trajectory):
            return trajectory
        *before, last = trajectory
        asked = last.messages, last.feedback, last.shown_case, self._is_escalated(last)
        turn = NextTurn(problem, last.sample, *asked)
        if last.failure is not None:
            answer = asked_again(await self._ask(turn, last.turn), last, last.failure.cause)
            return await self._roll_out((turn, answer, tuple(before)))
        return (*before, await self._graded(last, problem))

    def _further(self, turn: NextTurn, attempts: Sequence[Attempt]) -> NextTurn | None:
        """A repair turn while one can help; then the stronger model's first, from the beginning."""
        last = attempts[-1]
        if last.verdict is None or last.verdict.outcome.is_kept:
            return None
        asked = sum(self._is_escalated(attempt) == turn.escalated for attempt in attempts)
        if last.verdict.outcome.is_repairable and asked < self.max_turns:
            return _with_feedback(turn, last, self.feedback)
        is_unsolved = last.verdict.outcome is not Outcome.SANDBOX_FAILURE
        if self.escalation is None or turn.escalated or not is_unsolved:
            return None
        return NextTurn(turn.problem, turn.sample, attempts[0].messages, escalated=True)

    def _is_escalated(self, attempt: Attempt) -> bool:
        stronger = self.escalation and self.escalation.config
        asked = attempt.provider, attempt.model
        return stronger is not None and asked == (stronger.api_type, stronger.model)

    async def _attempt(self, turn: NextTurn, number: int, answer: Answer) -> Attempt:
        if answer.completion is None:
            return self._taken(turn, number, answer, failure=_failure(answer))
        code, verdict = await assess(turn.problem, answer.completion, self.judge, self.rules)
        attempt = self._taken(turn, number, answer, code=code, verdict=verdict)
        if verdict.outcome is Outcome.UNTESTED and self.rules.rubric is not None:
            return await self._graded(attempt, turn.problem)
        return attempt

    async def _graded(self, attempt: Attempt, problem: Problem) -> Attempt:
        """Asked like any other request: through the cache, counted and priced."""
        rubric, completion, before = self.rules.rubric, attempt.completion, attempt.review
        if rubric is None or completion is None:
            raise ValueError("only an answer can be graded, and only by a rubric")
        grader = self.grader or self.engine
        question = rubric.question(problem, completion)
        answer = await grader.ask(question, turn=attempt.turn)
        if before is not None and before.failure is not None:
            answer = asked_again(answer, before, before.failure.cause)
        reply = answer.completion
        failure = None if reply else _failure(answer)
        cost, perhaps = _cost(grader, reply), answer.perhaps_billed
        model = f"{grader.config.api_type}:{grader.config.model}"
        review = Review(answer.request_key, reply, failure, answer.retries, cost, perhaps, model)
        verdict = rubric.verdict(reply) if reply else unrated(rubric, str(answer.error))
        return dataclasses.replace(attempt, verdict=verdict, review=review)

    def _taken(self, turn: NextTurn, number: int, answer: Answer, **what_came: Any) -> Attempt:
        engine = self._engine_of(turn)
        config = engine.config
        return Attempt(
            problem_id=turn.problem.id,
            sample=turn.sample,
            turn=number,
            provider=config.api_type,
            model=config.model,
            messages=turn.messages,
            request_key=answer.request_key,
            run_id=self.engine.run_id,
            completion=answer.completion,
            retries=answer.retries,
            cost_usd=_cost(engine, answer.completion),
            perhaps_billed=answer.perhaps_billed,
            feedback=turn.feedback,
            shown_case=turn.shown_case,
            metadata=turn.problem.metadata,
            language=turn.problem.language or PYTHON,
            is_tested=turn.problem.tests is not None,
            **what_came,
        )


def is_broken_off(trajectory: Trajectory) -> bool:
    """Whether its last turn, or the grade of that, was lost to what may be over the next time."""
    last = trajectory[-1]
    failures = last.failure, last.review and last.review.failure
    return any(failure is not None and is_transient(failure.cause) for failure in failures)


def asked_again(answer: Answer, before: Answer | Attempt | Review, cause: str) -> Answer:
    """The answer, with the retries of an earlier try that ended by `cause`, and what that may
    have cost: to ask once more is a retry too."""
    return dataclasses.replace(
        answer,
        retries=Counter(before.retries) + Counter({cause: 1}) + Counter(answer.retries),
        perhaps_billed=before.perhaps_billed + answer.perhaps_billed,
    )


def _cost(engine: Engine, completion: Completion | None) -> float | None:
    return completion and completion_cost_usd(engine.config, completion)


def _is_accepted(trajectory: Trajectory) -> bool:
    verdict = trajectory[-1].verdict
    return verdict is not None and verdict.outcome.is_kept


def _with_feedback(turn: NextTurn, attempt: Attempt, rule: FeedbackRule | None) -> NextTurn:
    if attempt.completion is None or attempt.verdict is None:
        raise ValueError("only a judged answer can be fed back")
    feedback = feedback_on(turn.problem, attempt.verdict, rule)
    messages = prompts.repair_turn(
        turn.messages, attempt.completion, feedback.verdict, turn.problem.language
    )
    return dataclasses.replace(
        turn, messages=messages, feedback=feedback.told, shown_case=feedback.shown_case
    )


def _failure(answer: Answer) -> RequestFailure:
    error = answer.error
    cause = error.cause if isinstance(error, TransientError | RowError) else STOPPED
    message = "the run was stopped" if isinstance(error, FatalError) else str(error)
    return RequestFailure(cause, message)
