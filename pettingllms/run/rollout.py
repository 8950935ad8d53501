"""The samples of one problem: their turns, from the first answers to the last verdicts."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pettingllms.engine import Answer, Engine, Miss
from pettingllms.errors import FatalError, PrivateProblemError, RowError, TransientError
from pettingllms.judge.answer.rubric import Rubric, unrated
from pettingllms.judge.assess import NO_RULES, CodeJudge, Rules, assess, check_reference
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
from pettingllms.run.in_parallel import in_parallel

log = logging.getLogger(__name__)
Answers = tuple[Answer, ...]
Opening = tuple[Answer | Miss, ...]
"""What the cache has of a problem's first wave."""
Turns = tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A problem, the messages that open it, and why it must not be sent, if it must not."""

    problem: Problem
    messages: tuple[Message, ...]
    held_back: PrivateProblemError | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """What is asked, before anything is answered."""

    problem: Problem
    sample: int
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Rollouts:
    """How rollouts are run: `engine` answers, `judge` says what an answer is worth."""

    engine: Engine
    judge: CodeJudge
    quota: Quota
    max_turns: int
    rules: Rules = NO_RULES

    async def recall(self, prompts: Sequence[Prompt]) -> list[Opening]:
        """What is kept of the first waves of many problems, read together."""
        wave = self.quota.wave()
        asked = [(prompt.messages, sample) for prompt in prompts for sample in wave]
        found = iter(await self.engine.recall(asked))
        return [tuple(islice(found, len(wave))) for _ in prompts]

    async def open(self, prompt: Prompt, opening: Opening) -> Answers:
        """The first wave of answers. A problem that is held back is not asked, nor is one whose
        reference fails its own tests: each of its samples gets that error for an answer."""
        if prompt.held_back is not None:
            return (Answer("", error=prompt.held_back),) * self.quota.samples
        broken = await check_reference(prompt.problem, self.judge)
        if broken is not None:
            log.warning("%s", broken.message)
            return (Answer("", error=broken),) * self.quota.samples
        return tuple(await in_parallel(self.engine.settle, opening))

    async def finish(self, prompt: Prompt, answers: Answers) -> tuple[Turns, ...]:
        """Each sample's attempts: the first wave's, and of the waves that are needed then."""
        samples = await self._take_turns(prompt, range(len(answers)), answers)
        while wave := self.quota.wave(len(samples), sum(map(_is_accepted, samples))):
            samples += await self._take_turns(prompt, wave, await self._ask(prompt, wave))
        return tuple(samples)

    async def _ask(self, prompt: Prompt, wave: range) -> Answers:
        return tuple(
            await in_parallel(lambda sample: self.engine.ask(prompt.messages, sample), wave)
        )

    async def _take_turns(self, prompt: Prompt, wave: range, answers: Answers) -> list[Turns]:
        rollouts = (Rollout(prompt.problem, sample, prompt.messages) for sample in wave)
        return await in_parallel(self._roll_out, [*zip(rollouts, answers, strict=True)])

    async def _roll_out(self, answered: tuple[Rollout, Answer]) -> Turns:
        """Judge the first turn's answer, and take further turns while they can help."""
        rollout, answer = answered
        attempts = [await self._attempt(rollout, 0, answer)]
        while self._goes_on(attempts):
            rollout = _with_feedback(rollout, attempts[-1])
            answer = await self.engine.ask(rollout.messages, rollout.sample)
            attempts.append(await self._attempt(rollout, len(attempts), answer))
        return tuple(attempts)

    def _goes_on(self, attempts: list[Attempt]) -> bool:
        verdict = attempts[-1].verdict
        can_help = verdict is not None and verdict.outcome.is_repairable
        return can_help and len(attempts) < self.max_turns

    async def _attempt(self, rollout: Rollout, turn: int, answer: Answer) -> Attempt:
        if answer.completion is None:
            return self._taken(rollout, turn, answer, failure=_failure(answer))
        code, verdict = await assess(rollout.problem, answer.completion, self.judge, self.rules)
        attempt = self._taken(rollout, turn, answer, code=code, verdict=verdict)
        if verdict.outcome is Outcome.UNTESTED and self.rules.rubric is not None:
            return await self._graded(
                attempt, rollout.problem, answer.completion, self.rules.rubric
            )
        return attempt

    async def _graded(
        self, attempt: Attempt, problem: Problem, completion: Completion, rubric: Rubric
    ) -> Attempt:
        """Asked like any other request: through the cache, counted and priced."""
        answer = await self.engine.ask(rubric.question(problem, completion))
        reply = answer.completion
        failure = None if reply else _failure(answer)
        review = Review(answer.request_key, reply, failure, answer.retries, self._cost(reply))
        verdict = rubric.verdict(reply) if reply else unrated(rubric, str(answer.error))
        return dataclasses.replace(attempt, verdict=verdict, review=review)

    def _cost(self, completion: Completion | None) -> float | None:
        config = self.engine.config
        return completion and completion_cost_usd(config.api_type, config.model, completion)

    def _taken(self, rollout: Rollout, turn: int, answer: Answer, **what_came: Any) -> Attempt:
        config = self.engine.config
        return Attempt(
            problem_id=rollout.problem.id,
            sample=rollout.sample,
            turn=turn,
            provider=config.api_type,
            model=config.model,
            messages=rollout.messages,
            request_key=answer.request_key,
            run_id=self.engine.run_id,
            completion=answer.completion,
            retries=answer.retries,
            cost_usd=self._cost(answer.completion),
            **what_came,
        )


def _is_accepted(turns: Turns) -> bool:
    verdict = turns[-1].verdict
    return verdict is not None and verdict.outcome.is_kept


def _with_feedback(rollout: Rollout, attempt: Attempt) -> Rollout:
    if attempt.completion is None or attempt.verdict is None:
        raise ValueError("only a judged answer can be fed back")
    messages = prompts.repair(
        rollout.messages, attempt.completion, attempt.verdict, rollout.problem.language
    )
    return dataclasses.replace(rollout, messages=messages)


def _failure(answer: Answer) -> RequestFailure:
    error = answer.error
    cause = error.cause if isinstance(error, TransientError | RowError) else STOPPED
    message = "the run was stopped" if isinstance(error, FatalError) else str(error)
    return RequestFailure(cause, message)
