"""One sample of one problem: its turns, from the first answer to the last verdict."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from pettingllms import prompting
from pettingllms.engine import Answer, Engine
from pettingllms.errors import FatalError, RowError, TransientError
from pettingllms.judge import Judge
from pettingllms.judge.assess import assess
from pettingllms.pricing import cost_usd
from pettingllms.records import (
    STOPPED,
    Attempt,
    Completion,
    Message,
    Problem,
    RequestFailure,
)
from pettingllms.utils.api_client import APIConfig


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
    judge: Judge
    max_turns: int

    async def finish(self, rollout: Rollout, answer: Answer) -> tuple[Attempt, ...]:
        """Judge `answer`, the first turn's, and take further turns while they can help."""
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
        attempt = self._unjudged(rollout, turn, answer)
        if answer.completion is None:
            return dataclasses.replace(attempt, failure=_failure(answer))
        code, verdict = await assess(rollout.problem, answer.completion, self.judge)
        return dataclasses.replace(attempt, code=code, verdict=verdict)

    def _unjudged(self, rollout: Rollout, turn: int, answer: Answer) -> Attempt:
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
            cost_usd=answer.completion and _cost_usd(config, answer.completion),
        )


def _cost_usd(config: APIConfig, completion: Completion) -> float | None:
    """At the price of the day on which it was paid."""
    when = datetime.fromisoformat(completion.received_at) if completion.received_at else None
    return cost_usd(config.api_type, completion.model or config.model, completion.usage, when)


def _with_feedback(rollout: Rollout, attempt: Attempt) -> Rollout:
    if attempt.completion is None or attempt.verdict is None:
        raise ValueError("only a judged answer can be fed back")
    messages = prompting.repair(rollout.messages, attempt.completion.text, attempt.verdict)
    return dataclasses.replace(rollout, messages=messages)


def _failure(answer: Answer) -> RequestFailure:
    error = answer.error
    cause = error.cause if isinstance(error, TransientError | RowError) else STOPPED
    message = "the run was stopped" if isinstance(error, FatalError) else str(error)
    return RequestFailure(cause, message)
