"""Twenty problems of our own in every language: all right programs pass, and no wrong one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pettingllms.judge import Judge, find_sandbox
from pettingllms.records import Outcome, StdioCase, StdioTests
from tests.judge.languages.conftest import BRIEF, EVERY
from tests.judge.languages.forms import CASES, FORMS
from tests.judge.languages.tasks import INPUTS, TASKS, expected, program


def stdio_tests(task: str) -> StdioTests:
    return StdioTests(tuple(StdioCase(given, expected(task, given)) for given in INPUTS))


@pytest.mark.parametrize("name", EVERY)
async def test_the_right_pass_and_the_wrong_do_not(prepared: Path, name: str) -> None:
    """Each wrong one differs from the right one in a word."""
    async with Judge(find_sandbox(), BRIEF, keep=prepared) as judge:
        programs = {
            (task, is_right): judge.judge(
                program(name, task, is_right=is_right), stdio_tests(task), name
            )
            for task in TASKS
            for is_right in (True, False)
        }
        verdicts = dict(zip(programs, await asyncio.gather(*programs.values()), strict=True))
    refused = {
        task: verdicts[task, True] for task in TASKS if not verdicts[task, True].outcome.is_kept
    }
    accepted = [task for task in TASKS if verdicts[task, False].outcome is not Outcome.WRONG_ANSWER]
    assert (len(TASKS), refused, accepted) == (20, {}, [])


@pytest.mark.parametrize("name", EVERY)
async def test_programs_in_the_forms_that_people_give_them(prepared: Path, name: str) -> None:
    """However they read, wherever they start, whichever edition of their language they know."""
    right = StdioTests(tuple(StdioCase(given, printed) for given, printed in CASES))
    wrong = StdioTests(tuple(StdioCase(given, f"1{printed}") for given, printed in CASES))
    async with Judge(find_sandbox(), BRIEF, keep=prepared) as judge:

        async def judged(code: str) -> tuple[Outcome, ...]:
            return tuple([(await judge.judge(code, one, name)).outcome for one in (right, wrong)])

        outcomes = await asyncio.gather(*map(judged, FORMS[name].values()))
    found = dict(zip(FORMS[name], outcomes, strict=True))
    wanted = (Outcome.PASSED, Outcome.WRONG_ANSWER)
    assert {what: both for what, both in found.items() if both != wanted} == {}
