"""The three kinds of tests, and how each is tried."""

from __future__ import annotations

from pettingllms.judge.asserts import Anatomy, anatomy_of
from pettingllms.judge.calls import call_in_turn, steps_of_cases, steps_of_claims
from pettingllms.judge.programs import run_programs
from pettingllms.judge.relay import carry_calls
from pettingllms.judge.trial import UNDECIDED, Finding, Trial
from pettingllms.records import AssertTests, FunctionTests, StdioTests, Tests


def count(tests: Tests) -> int:
    """How many tests there are; of assert-style tests, the asserts, or else the snippets."""
    return anatomy_of(tests).total if isinstance(tests, AssertTests) else len(tests.cases)


async def try_tests(trial: Trial, tests: Tests) -> Finding:
    """Runs the tests up to the first that fails. Raises SandboxFault, WallTimeUp."""
    match tests:
        case FunctionTests():
            steps = steps_of_cases(tests)
            return await trial.converse(lambda: call_in_turn(trial, tests.entry_point, steps))
        case StdioTests():
            return await run_programs(trial, tests)
        case AssertTests():
            return await _try_asserts(trial, tests, anatomy_of(tests))


async def _try_asserts(trial: Trial, tests: AssertTests, anatomy: Anatomy) -> Finding:
    """On the host where they are plain claims, else in a process of their own."""
    if anatomy.claims:
        steps = steps_of_claims(anatomy.claims)
        finding = await trial.converse(
            lambda: call_in_turn(trial, tests.entry_point, steps, anatomy.imports)
        )
        if finding != UNDECIDED:
            return finding
        trial.begin()
    return await trial.converse(lambda: carry_calls(trial, tests, anatomy.imports))
