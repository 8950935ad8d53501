"""Answers to problems without tests: a second agent writes some, the answers are run on their
inputs, and what enough of them return alike is kept, as agreed.

What the group of an agreement returns is what later answers are held against: a repaired one may
join it, and counts as no further voice. All of it follows from the answers, so that it may be
worked out again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pettingllms.agreement import (
    TOO_FEW,
    Agreed,
    AgreementRule,
    NoAgreement,
    Ran,
    find_agreement,
    merged,
    question,
    read_tests,
)
from pettingllms.agreement.entry_point import as_called
from pettingllms.agreement.forms import CaseTests, tests_of_text, tests_text
from pettingllms.agreement.test_writer import CONTRADICTS_EXAMPLES, complaint
from pettingllms.agreement.worth import count_kills, judge_set
from pettingllms.engine import Engine
from pettingllms.judge.assess import Observer, observe_code, read_answer
from pettingllms.judge.observation import Observation, Observed
from pettingllms.judge.runners.show import clip_end, show, show_call
from pettingllms.judge.runners.trial import aside
from pettingllms.judge.sandbox.inside.plain import encode
from pettingllms.records import (
    Agreement,
    Attempt,
    Completion,
    Failure,
    FunctionTests,
    Outcome,
    Problem,
    StdioCase,
    Verdict,
    Written,
)
from pettingllms.run import prompts
from pettingllms.run.in_parallel import in_parallel
from pettingllms.run.turns import (
    NextTurn,
    Trajectory,
    asked_again,
    attempt_of,
    is_broken_off,
)

log = logging.getLogger(__name__)
NO_TESTS_WRITTEN = "no_tests_written"
_HELD = frozenset(
    {Outcome.UNTESTED, Outcome.AGREED, Outcome.DISAGREED, Outcome.NO_AGREEMENT}
)  # what an answer is before and after it is held against others


def turns_of_writer(max_turns: int) -> int:
    """A reply of which nothing can be taken is told so once, where answers are told at all."""
    return min(max_turns, 2)


@dataclass(frozen=True, slots=True)
class Consensus:
    """What most answers to a problem return, and who runs those that are held against it."""

    written: CaseTests
    agreed: Agreed
    mark: Agreement
    judged_by: str
    judge: Observer

    def as_problem(self, problem: Problem) -> Problem:
        """The problem with what was agreed for tests."""
        return replace(problem, tests=self.agreed.tests)

    async def hold(self, problem: Problem, attempt: Attempt) -> Attempt:
        """A later answer: AGREED where it returns what the group does."""
        if attempt.completion is None or not _is_held(attempt):
            return attempt
        candidate = await _read(self.as_problem(problem), attempt)
        if candidate.code is None or not _is_held(candidate):
            return candidate
        code = as_called(problem, candidate.code, self.written)
        seen = await observe_code(self.judge, code, problem, self.written)
        return self.verdict(candidate, seen.outputs, may_change=seen.may_change)

    def verdict(
        self, attempt: Attempt, outputs: Sequence[Observed], *, may_change: bool
    ) -> Attempt:
        """By what it gave for all written tests."""
        agreed = self.agreed
        place, total = agreed.first_unlike(outputs), len(agreed.tests.cases)
        if place is None:
            verdict = Verdict(Outcome.AGREED, agreed.confirmed, total)
        else:
            number = agreed.order[place]
            failure = _difference(self.written, number, agreed.outputs[place], outputs[number])
            verdict = Verdict(Outcome.DISAGREED, place, total, failure)
        verdict = replace(verdict, judged_by=self.judged_by, by_wall_time=may_change)
        return replace(attempt, verdict=verdict, agreement=self.mark)


@dataclass(frozen=True, slots=True)
class SecondAgent:
    """Who writes tests, `cases` of them for a problem, and by what `rule` answers agree on them.

    A test set for each answer, `sets` of each problem at most, is collected as a row of its own;
    where it is None, one is written for each problem without tests, for what it is good for. A set
    may take so many `turns`.
    """

    engine: Engine
    judge: Observer
    cases: int
    rule: AgreementRule
    sets: int | None = None
    turns: int = 1

    async def write(
        self, problem: Problem, answers: Sequence[Trajectory], before: Sequence[Trajectory]
    ) -> list[Trajectory]:
        """The test sets; of those that are there already only what an outage has broken off is
        asked again. None for a problem that nobody answers, or to few for any agreement."""
        turns = [
            NextTurn(problem, len(answers) + number, question(problem, self.cases), agent="test")
            for number in range(self._sets_for(problem, answers))
        ]
        known = [*before, *[None] * (len(turns) - len(before))]
        written = await in_parallel(self._write, [*enumerate(zip(turns, known, strict=True))])
        if any(_why_none(turns[-1]) == CONTRADICTS_EXAMPLES for turns in written):
            log.warning(
                "%s: the tests that were written for `%s` all contradict the examples in its"
                " statement: one of them is wrong.", problem.origin, problem.id,
            )  # fmt: skip
        return written

    def _sets_for(self, problem: Problem, answers: Sequence[Trajectory]) -> int:
        if not any(turn.completion for turns in answers for turn in turns):
            return 0
        if self.sets is not None:
            return min(self.sets, len(answers))
        held = sum(_held_turn(turns) is not None for turns in answers)
        return int(problem.tests is None and held >= self.rule.answers)

    async def _write(self, numbered: tuple[int, tuple[NextTurn, Trajectory | None]]) -> Trajectory:
        number, (turn, before) = numbered
        if before is not None and not is_broken_off(before):
            return before
        *turns, lost = before or (None,)
        while (asked := self._next(turn, turns)) is not None:
            turns.append(await self._reply(asked, number, len(turns), lost))
            lost = None
        return tuple(turns)

    def _next(self, turn: NextTurn, turns: Sequence[Attempt]) -> NextTurn | None:
        """The question; after a reply of which nothing was taken, once, what was wrong with it."""
        if not turns:
            return turn
        last = turns[-1]
        if last.completion is None or last.written is None or len(turns) == self.turns:
            return None
        said = complaint(_why_none(last), last.written.refused)
        if said is None:
            return None
        messages = prompts.told(turn.messages, last.completion, said)
        return replace(turn, messages=messages, feedback="outcome")

    async def _reply(
        self, turn: NextTurn, number: int, place: int, lost: Attempt | None
    ) -> Attempt:
        """What is taken of the writer's reply; `lost` is the try that an outage ended."""
        answer = await self.engine.ask(turn.messages, number, place)
        if lost is not None and lost.failure is not None:
            answer = asked_again(answer, lost, lost.failure.cause)
        attempt = attempt_of(turn, place, answer, self.engine)
        if answer.completion is None:
            return attempt
        reply, size = answer.completion, len(answer.completion.text)
        found = await aside(size, lambda: read_tests(turn.problem, reply, self.cases))
        if found.tests is None:
            verdict = Verdict(Outcome.NO_TESTS, reason=found.why_none)
        else:
            verdict = Verdict(Outcome.UNTESTED, tests_total=len(found.tests.cases))
        code = found.tests and tests_text(found.tests)
        return replace(attempt, code=code, verdict=verdict, written=Written(found.refused))

    async def hold(
        self, problem: Problem, answers: Sequence[Trajectory], sets: Sequence[Trajectory]
    ) -> tuple[Consensus | None, list[Trajectory]]:
        """Each answer with its verdict: AGREED, DISAGREED, or, where there is no agreement,
        NO_AGREEMENT and why."""
        written = merged(problem, [*map(tests_of_text, _codes(sets))])
        if written is None:
            reason = NO_TESTS_WRITTEN if sets else TOO_FEW
            return None, [_without_agreement(turns, reason) for turns in answers]
        with_tests = replace(problem, tests=written)
        read = await in_parallel(lambda turns: _read_held(with_tests, turns), answers)
        seen = await self._observe(with_tests, written, read)
        ran = [Ran(number, one.outputs) for number, one in seen.items()]
        may_change = any(one.may_change for one in seen.values())
        count = sum(turns[-1].verdict is not None for turns in answers)
        found = find_agreement(ran, written, count, self.rule)
        if isinstance(found, NoAgreement):
            lost = [_without_agreement(t, found.reason, may_change=may_change) for t in read]
            return None, lost
        consensus = self._consensus(written, found, count)
        return consensus, [
            await self._judged(consensus, problem, turns, seen.get(number), may_change)
            for number, turns in enumerate(read)
        ]

    def _consensus(self, written: CaseTests, found: Agreed, answers: int) -> Consensus:
        mark = Agreement(answers, len(found.samples), tests_text(found.tests))
        judged_by = f"agreement of {mark.alike} of {answers} answers ({self.rule})"
        return Consensus(written, found, mark, judged_by, self.judge)

    async def _observe(
        self, problem: Problem, written: CaseTests, read: Sequence[Trajectory]
    ) -> Mapping[int, Observation]:
        """What the answers give that can be run, by their place among all; equal ones run once."""
        codes: dict[int, str] = {}
        for number, turns in enumerate(read):
            held = _held_turn(turns)
            if held is not None and turns[held].code is not None:
                codes[number] = as_called(problem, turns[held].code or "", written)
        different = [*dict.fromkeys(codes.values())]
        seen = await in_parallel(
            lambda code: observe_code(self.judge, code, problem, written), different
        )
        by_code = dict(zip(different, seen, strict=True))
        return {number: by_code[code] for number, code in codes.items()}

    async def _judged(
        self,
        consensus: Consensus,
        problem: Problem,
        turns: Trajectory,
        seen: Observation | None,
        may_change: bool,
    ) -> Trajectory:
        """The turn that was run, by what it gave; those after it, each by what it gives."""
        held = _held_turn(turns)
        if held is None or seen is None:
            return tuple([await consensus.hold(problem, turn) for turn in turns])
        first = consensus.verdict(turns[held], seen.outputs, may_change=may_change)
        later = [await consensus.hold(problem, turn) for turn in turns[held + 1 :]]
        return (*turns[:held], first, *later)

    async def judge_sets(
        self,
        problem: Problem,
        answers: Sequence[Trajectory],
        sets: Sequence[Trajectory],
        consensus: Consensus | None,
    ) -> list[Trajectory]:
        """Each test set with its verdict and, where sets are collected, what it is worth."""
        flat = [turn for turns in answers for turn in turns]

        async def judged(turns: Trajectory) -> Trajectory:
            return (*turns[:-1], await self._judged_set(problem, turns[-1], flat, consensus))

        return await in_parallel(judged, sets)

    async def _judged_set(
        self,
        problem: Problem,
        attempt: Attempt,
        answers: Sequence[Attempt],
        consensus: Consensus | None,
    ) -> Attempt:
        if attempt.code is None or attempt.written is None:
            return attempt
        agreed = consensus and consensus.agreed.tests
        known = problem, tests_of_text(attempt.code), answers, agreed, self.judge
        verdict, worth = await judge_set(*known), attempt.written
        if self.sets is not None and verdict.outcome.is_kept:
            worth = replace(await count_kills(*known), refused=worth.refused)
        return replace(attempt, verdict=verdict, written=worth)


def _codes(sets: Sequence[Trajectory]) -> list[str]:
    return [turns[-1].code for turns in sets if turns[-1].code is not None]


def _held_turn(turns: Trajectory) -> int | None:
    """The first turn with an answer that can be held against others; none where it comes after one
    that was repaired, and who repaired it may have been told of the others."""
    for number, turn in enumerate(turns):
        if _is_held(turn):
            return number
        if turn.verdict is None or turn.verdict.outcome.is_repairable:
            return None
    return None


def _is_held(attempt: Attempt) -> bool:
    return attempt.verdict is not None and attempt.verdict.outcome in _HELD


async def _read_held(problem: Problem, turns: Trajectory) -> Trajectory:
    held = _held_turn(turns)
    if held is None:
        return turns
    return (*turns[:held], await _read(problem, turns[held]), *turns[held + 1 :])


async def _read(problem: Problem, attempt: Attempt) -> Attempt:
    """The attempt with its code, now that it is known what is called; or with what is wrong."""
    completion = attempt.completion or Completion("")
    code, verdict = await read_answer(problem, completion)
    return replace(attempt, code=code, verdict=verdict or attempt.verdict)


def _without_agreement(turns: Trajectory, reason: str, *, may_change: bool = False) -> Trajectory:
    verdict = Verdict(Outcome.NO_AGREEMENT, reason=reason, by_wall_time=may_change)
    return tuple(replace(t, verdict=verdict) if _is_held(t) else t for t in turns)


def _why_none(attempt: Attempt) -> str:
    return attempt.verdict.reason if attempt.verdict else ""


def _difference(tests: CaseTests, number: int, told: Observed, got: Observed) -> Failure:
    """The input, what most answers give for it, and what this one gave."""
    case = tests.cases[number]
    error = "two runs gave two results" if got.is_flaky else got.error
    if isinstance(case, StdioCase):
        given = clip_end(case.stdin)
        return Failure(
            given, clip_end(told.output or told.error), clip_end(got.output or ""), error
        )
    name = tests.entry_point if isinstance(tests, FunctionTests) else ""
    call = show_call(name, [encode(arg) for arg in case.args])
    most = told.error if told.output is None else show(told.wire)
    return Failure(call, most, "" if got.output is None else show(got.wire), error)
