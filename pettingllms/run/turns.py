"""What a rollout is made of: the next turn, and the attempt that comes of it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any

from pettingllms.engine import Answer, Engine
from pettingllms.errors import (
    FatalError,
    PrivateProblemError,
    RowError,
    TransientError,
    is_transient,
)
from pettingllms.providers.pricing import completion_cost_usd
from pettingllms.records import (
    STOPPED,
    Agent,
    Attempt,
    Completion,
    Message,
    Problem,
    RequestFailure,
    Review,
)
from pettingllms.records.languages import PYTHON

Trajectory = tuple[Attempt, ...]
"""A sample's turns."""
Samples = tuple[Trajectory, ...]
"""Of one problem: its answers, and then the test sets that were written for it, if any."""


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
    agent: Agent = "code"


def attempt_of(
    turn: NextTurn, number: int, answer: Answer, engine: Engine, **what_came: Any
) -> Attempt:
    """The `number`th attempt of a sample, from 0; `what_came` are further fields of it."""
    failure = None if answer.completion else failure_of(answer)
    return Attempt(
        problem_id=turn.problem.id,
        sample=turn.sample,
        turn=number,
        provider=engine.config.api_type,
        model=engine.config.model,
        messages=turn.messages,
        request_key=answer.request_key,
        run_id=engine.run_id,
        completion=answer.completion,
        failure=failure,
        retries=answer.retries,
        cost_usd=cost_of(engine, answer.completion),
        perhaps_billed=answer.perhaps_billed,
        feedback=turn.feedback,
        shown_case=turn.shown_case,
        metadata=turn.problem.metadata,
        language=turn.problem.language or PYTHON,
        is_tested=turn.problem.tests is not None,
        agent=turn.agent,
        **what_came,
    )


def cost_of(engine: Engine, completion: Completion | None) -> float | None:
    return completion and completion_cost_usd(engine.config, completion)


def failure_of(answer: Answer) -> RequestFailure:
    error = answer.error
    cause = error.cause if isinstance(error, TransientError | RowError) else STOPPED
    message = "the run was stopped" if isinstance(error, FatalError) else str(error)
    return RequestFailure(cause, message)


def is_broken_off(trajectory: Trajectory) -> bool:
    """Whether its last turn, or the grade of that, was lost to what may be over the next time."""
    last = trajectory[-1]
    failures = last.failure, last.review and last.review.failure
    return any(failure is not None and is_transient(failure.cause) for failure in failures)


def is_accepted(trajectory: Trajectory) -> bool:
    verdict = trajectory[-1].verdict
    return verdict is not None and verdict.outcome.is_kept


def asked_again(answer: Answer, before: Answer | Attempt | Review, cause: str) -> Answer:
    """The answer, with the retries of an earlier try that ended by `cause`, and what that may
    have cost: to ask once more is a retry too."""
    return dataclasses.replace(
        answer,
        retries=Counter(before.retries) + Counter({cause: 1}) + Counter(answer.retries),
        perhaps_billed=before.perhaps_billed + answer.perhaps_billed,
    )
