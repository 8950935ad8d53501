"""Answers as models write them: each gets the verdict that it deserves."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from pettingllms.judge import Judge, find_sandbox
from tests.judge.languages.answer_tasks import TESTS
from tests.judge.languages.answers import Answer, answers_in
from tests.judge.languages.conftest import BRIEF, EVERY


@pytest.mark.parametrize("name", EVERY)
async def test_each_gets_the_verdict_that_it_deserves(prepared: Path, name: str) -> None:
    """The right ones in whatever edition and habit, the wrong ones by what is wrong with them."""
    answers = answers_in(name)
    async with Judge(find_sandbox(), BRIEF, keep=prepared) as judge:

        async def judged(answer: Answer) -> tuple[str, object]:
            verdict = await judge.judge(answer.code, TESTS[answer.task], name)
            return verdict.outcome, verdict.failure

        verdicts = await asyncio.gather(*map(judged, answers))
    found = zip(answers, verdicts, strict=True)
    differing = {(one.task, one.what): said for one, said in found if one.outcome != said[0]}
    assert differing == {}
    assert max(Counter((one.task, one.what) for one in answers).values()) == 1
