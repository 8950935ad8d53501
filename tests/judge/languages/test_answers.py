"""Answers as models write them: each gets the verdict that it deserves."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from pettingllms.judge import Judge, find_sandbox
from tests.judge.languages.answer_tasks import TESTS
from tests.judge.languages.answers import Answer, answers_in
from tests.judge.languages.conftest import BRIEF, EVERY, marked
from tests.judge.languages.test_published import CASES


@pytest.mark.parametrize("name", EVERY)
async def test_each_gets_the_verdict_that_it_deserves(prepared: Path, name: str) -> None:
    """The right ones in whatever edition and habit, the wrong ones by what is wrong with them."""
    await check(name, answers_in(name), prepared)


@pytest.mark.parametrize("name", [marked(str(each.values[0]), always=()) for each in EVERY])
async def test_so_do_those_of_today(prepared: Path, name: str) -> None:
    """In the newest editions, on programs, functions, lives of objects and published tests."""
    await check(name, answers_in(name, "today"), prepared)


async def check(name: str, answers: list[Answer], prepared: Path) -> None:
    async with Judge(find_sandbox(), BRIEF, keep=prepared) as judge:

        async def judged(answer: Answer) -> tuple[str, object]:
            tests = TESTS.get(answer.task) or CASES[name][1]
            verdict = await judge.judge(answer.code, tests, name)
            return verdict.outcome, verdict.failure

        verdicts = await asyncio.gather(*map(judged, answers))
    found = zip(answers, verdicts, strict=True)
    differing = {(one.task, one.what): said for one, said in found if one.outcome != said[0]}
    assert differing == {}
    assert max(Counter((one.task, one.what) for one in answers).values()) == 1
