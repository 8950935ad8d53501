"""An answer in Python run on inputs for which nothing is expected: what it gives for each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pettingllms.judge.observation import (
    MOST_OUTPUT_BYTES,
    MOST_USED_UP,
    USED_UP,
    Observed,
    failed,
    steady,
)
from pettingllms.judge.runners.compare import matches
from pettingllms.judge.runners.function_calls import Puzzle, call_in_turn
from pettingllms.judge.runners.show import clip_end
from pettingllms.judge.runners.stdio_programs import run_program
from pettingllms.judge.runners.trial import PASSED, Finding, Trial
from pettingllms.judge.sandbox.inside.plain import Wire, decode, encode
from pettingllms.records import (
    Comparison,
    Failure,
    FunctionCase,
    FunctionTests,
    Outcome,
    StdioTests,
)

_NOT_PLAIN = Observed(error="not plain data")


async def observe(
    trial: Trial, again: Trial, tests: FunctionTests | StdioTests
) -> tuple[Observed, ...]:
    """Once in each, in the second with calls in the opposite order: who gives another output then
    is flaky. Raises SandboxFault, WallTimeUp."""
    if isinstance(tests, StdioTests):
        inputs = [case.stdin for case in tests.cases]
        return steady(await _run_each(trial, inputs), await _run_each(again, inputs), tests)
    first = await _call_each(trial, tests, tests.cases)
    second = await _call_each(again, tests, tests.cases[::-1])
    return steady(first, second[::-1], tests)


@dataclass(slots=True)
class _Watch:
    """A step of `call_in_turn` that takes any value, and keeps it."""

    case: FunctionCase
    seen: Observed | None = None

    @property
    def args(self) -> list[Wire]:
        return [encode(arg) for arg in self.case.args]

    def may_hold(self, size: int) -> bool:
        return size <= MOST_OUTPUT_BYTES

    async def ruling(self, trial: Trial, value: Wire, size: int) -> Finding:
        self.seen = observed_value(value)
        return PASSED

    def returned_wrongly(self, call: str, got: str) -> Finding:
        return Finding(Outcome.ERROR, Failure(call, got=got, error="ValueTooLarge"))

    def raised(self, call: str, traceback: str) -> Failure:
        return Failure(call, error=traceback)


def observed_value(value: Wire) -> Observed:
    """A value in its JSON form, as far as it is plain data, which the judge finds equal to itself:
    no row could prove another."""
    try:
        is_plain = matches(value, decode(value), Comparison())
        return Observed(json.dumps(value)) if is_plain else _NOT_PLAIN
    except (ValueError, TypeError, ArithmeticError, RuntimeError):
        return _NOT_PLAIN


async def _call_each(
    trial: Trial, tests: FunctionTests, cases: Sequence[FunctionCase]
) -> list[Observed]:
    """In one process as long as that goes well; after an error in another one."""
    seen: list[Observed] = []
    while len(seen) < len(cases):
        steps = [_Watch(case) for case in cases[len(seen) :]]
        finding = await trial.converse(
            lambda steps=steps: call_in_turn(
                trial, tests.entry_point, steps, puzzle=Puzzle(tests.result)
            )
        )
        seen += [step.seen for step in steps if step.seen is not None]
        if finding.outcome in USED_UP:
            seen = with_used_up(seen, failed(finding), len(cases))
        elif finding != PASSED:
            seen.append(failed(finding))
    return seen[: len(cases)]


def with_used_up(seen: Sequence[Observed], error: Observed, cases: int) -> list[Observed]:
    """What was seen by then, and the `error` of who used up what he may have: for this input, and
    for all that are left where it is not the first time. Nothing stands that was seen to the
    end: what else was still under way, nobody knows."""
    if len(seen) >= cases:
        return [error] * cases
    times = 1 + sum(one.error in USED_UP for one in seen)
    left = cases - len(seen) if times == MOST_USED_UP else 1
    return [*seen, *[error] * left]


async def _run_each(trial: Trial, inputs: Sequence[str]) -> list[Observed]:
    """A process for each."""
    seen: list[Observed] = []
    while len(seen) < len(inputs):
        stdin = inputs[len(seen)]
        trial.is_at(lambda stdin=stdin: clip_end(stdin))
        finding, printed = await run_program(trial, stdin)
        if finding.outcome in USED_UP:
            seen = with_used_up(seen, failed(finding), len(inputs))
        else:
            seen.append(observed_text(finding, printed))
    return seen


def observed_text(finding: Finding, printed: bytes) -> Observed:
    """What a program printed that ended well."""
    if finding != PASSED:
        return failed(finding)
    if len(printed) > MOST_OUTPUT_BYTES:
        return Observed(error="OutputTooLarge")
    return Observed(printed.decode(errors="replace"))
