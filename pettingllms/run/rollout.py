"""The samples of one problem: their turns, from the first answers to the last verdicts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, repeat

from pettingllms.engine import Answer, Engine, Miss
from pettingllms.errors import FatalError
from pettingllms.export.agents import of_agent
from pettingllms.judge.answer.rubric import unrated
from pettingllms.judge.assess import (
    NO_RULES,
    CodeJudge,
    Rules,
    answered_in,
    assess_as_asked,
    check_reference,
    weakness_of,
)
from pettingllms.records import Attempt, Outcome, Problem, Quota, Review
from pettingllms.run import prompts
from pettingllms.run.agreeing import Consensus, SecondAgent
from pettingllms.run.feedback import FeedbackRule, feedback_on
from pettingllms.run.in_parallel import in_parallel
from pettingllms.run.turns import (
    NextTurn,
    Prompt,
    Samples,
    Trajectory,
    asked_again,
    attempt_of,
    cost_of,
    failure_of,
    is_accepted,
    is_broken_off,
)

log = logging.getLogger(__name__)
Answers = tuple[Answer, ...]
Recalled = tuple[Answer | Miss, ...]
"""What the cache has of a problem's first wave."""


@dataclass(frozen=True, slots=True)
class Rollouts:
    """How rollouts are run: `engine` answers, `judge` says what an answer is worth; `feedback` is
    what a repair turn may be told. What `engine` does not solve, `escalation` is asked, where there
    is one; `grader` grades by the rubric, or who answers; `second_agent` writes tests."""

    engine: Engine
    judge: CodeJudge
    quota: Quota
    max_turns: int
    rules: Rules = NO_RULES
    feedback: FeedbackRule | None = None
    escalation: Engine | None = None
    grader: Engine | None = None
    second_agent: SecondAgent | None = None

    @property
    def stopped_by(self) -> FatalError | None:
        """What ended the run early, whichever model it came from."""
        writer = self.second_agent and self.second_agent.engine
        engines = (self.engine, self.escalation, self.grader, writer)
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
        return await self._complete(prompt, await in_parallel(self._roll_out, started), (), goes_on)

    async def resume(self, prompt: Prompt, samples: Samples, *, goes_on: bool) -> Samples:
        """What an outage has broken off, once more; as `finish`."""
        answers = of_agent(samples, "code")
        resumed = await in_parallel(lambda turns: self._resume(prompt.problem, turns), answers)
        return await self._complete(prompt, resumed, of_agent(samples, "test"), goes_on)

    async def _complete(
        self, prompt: Prompt, answers: list[Trajectory], sets: Sequence[Trajectory], goes_on: bool
    ) -> Samples:
        """With the samples of further waves, and with what the agent that writes tests adds."""
        await self._waves(prompt, answers, goes_on)
        second = self.second_agent
        if second is None or _is_to_wait(answers, goes_on):
            return (*answers, *sets)
        sets = await second.write(prompt.problem, answers, sets)
        if _is_to_wait(sets, goes_on):
            return (*answers, *sets)
        agreed = None
        if prompt.problem.tests is None:
            agreed, answers = await second.hold(prompt.problem, answers, sets)
        if agreed is not None:
            repair = partial(self._repair, prompt.problem, agreed)
            answers = await in_parallel(repair, answers)
        sets = await second.judge_sets(prompt.problem, answers, sets, agreed)
        return (*answers, *sets)

    async def _waves(self, prompt: Prompt, samples: list[Trajectory], goes_on: bool) -> None:
        """Adds the samples that are still needed: all, of a problem whose answers are held against
        one another."""
        is_held = self.second_agent is not None and prompt.problem.tests is None
        quota = replace(self.quota, accept=None) if is_held else self.quota
        while wave := quota.wave(len(samples), sum(map(is_accepted, samples))):
            if _is_to_wait(samples, goes_on):
                break
            turns = [NextTurn(prompt.problem, sample, prompt.messages) for sample in wave]
            samples += await in_parallel(self._begin, turns)

    async def _repair(self, problem: Problem, agreed: Consensus, turns: Trajectory) -> Trajectory:
        """Further turns for an answer that most others disagree with."""
        last, attempts = turns[-1], [*turns]
        turn = NextTurn(
            agreed.as_problem(problem), last.sample, last.messages,
            escalated=self._is_escalated(last),
        )  # fmt: skip
        while (further := self._further(turn, attempts)) is not None:
            turn, number = further, len(attempts)
            asked = replace(turn, problem=problem)
            attempt = await self._attempt(asked, number, await self._ask(turn, number))
            attempts.append(await agreed.hold(problem, attempt))
        return tuple(attempts)

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
        engine = self._engine_of(turn)
        if answer.completion is None:
            return attempt_of(turn, number, answer, engine)
        turn = replace(turn, problem=await answered_in(turn.problem, answer.completion))
        code, verdict = await assess_as_asked(
            turn.problem, answer.completion, self.judge, self.rules
        )
        attempt = attempt_of(turn, number, answer, engine, code=code, verdict=verdict)
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
        failure = None if reply else failure_of(answer)
        cost, perhaps = cost_of(grader, reply), answer.perhaps_billed
        model = f"{grader.config.api_type}:{grader.config.model}"
        review = Review(answer.request_key, reply, failure, answer.retries, cost, perhaps, model)
        verdict = rubric.verdict(reply) if reply else unrated(rubric, str(answer.error))
        return replace(attempt, verdict=verdict, review=review)


def _is_to_wait(samples: Sequence[Trajectory], goes_on: bool) -> bool:
    """What follows from samples that an outage has broken off is known when it is over."""
    return not goes_on and any(map(is_broken_off, samples))


def _with_feedback(turn: NextTurn, attempt: Attempt, rule: FeedbackRule | None) -> NextTurn:
    if attempt.completion is None or attempt.verdict is None:
        raise ValueError("only a judged answer can be fed back")
    feedback = feedback_on(turn.problem, attempt.verdict, rule)
    messages = prompts.repair_turn(
        turn.messages, attempt.completion, feedback.verdict, attempt.language
    )
    return replace(turn, messages=messages, feedback=feedback.told, shown_case=feedback.shown_case)
