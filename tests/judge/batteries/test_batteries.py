"""Many small answers, each as somebody writes it: the right ones pass, and no wrong one does.

All of a kind are judged at once, since each takes a few milliseconds; what went wrong is named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from pettingllms.judge import Judge, Sandbox
from pettingllms.records import (
    AssertTests,
    Comparison,
    FunctionCase,
    FunctionTests,
    Outcome,
    StdioCase,
    StdioTests,
    Tests,
)
from tests.judge.batteries import functions, objects, programs, written_tests

pytestmark = pytest.mark.asyncio(loop_scope="session")

Answers = Mapping[str, tuple[str, Tests]]
ADDS, SUBTRACTS = "def add(a, b): return a + b", "def add(a, b): return a - b"


async def accepted(judge: Judge, answers: Answers) -> set[str]:
    verdicts = await asyncio.gather(*(judge.judge(*answer) for answer in answers.values()))
    named = zip(answers, verdicts, strict=True)
    return {name for name, verdict in named if verdict.outcome is Outcome.PASSED}


def reading(rows: Mapping[str, tuple[str, str, str]]) -> Answers:
    return {
        name: (code, StdioTests((StdioCase(stdin, stdout),)))
        for name, (code, stdin, stdout) in rows.items()
    }


def called(rows: Mapping[str, functions.Row]) -> Answers:
    return {name: (row[1], _calls(*row)) for name, row in rows.items()}


def _calls(
    entry_point: str, _: str, args: tuple[Any, ...], expected: Any, rules: dict[str, Any]
) -> Tests:
    case = FunctionCase(args, expected)
    comparison = Comparison(unordered=rules.get("unordered", False))
    return FunctionTests(entry_point, (case,), comparison, result=rules.get("result"))


def examined(rows: Mapping[str, written_tests.Row]) -> Answers:
    return {
        name: (code, AssertTests(entry_point, (tests,), setup=setup))
        for name, (entry_point, code, setup, tests) in rows.items()
    }


def held(which: int) -> Answers:
    """Of each row the right answer (2), or the wrong one (3)."""
    rows = objects.ROWS.items()
    return {name: (row[which], AssertTests(row[0], (row[1],))) for name, row in rows}


def of_add(code: str) -> Answers:
    of = written_tests.OF_ADD
    return {name: (code, AssertTests("add", (tests,))) for name, tests in of.items()}


RIGHT = {
    "programs": reading(programs.RIGHT),
    "functions": called(functions.RIGHT),
    "tests": examined(written_tests.RIGHT),
    "objects": held(2),
    "tests of add": of_add(ADDS),
}
WRONG = {
    "programs": reading(programs.WRONG),
    "functions": called(functions.WRONG),
    "tests": examined(written_tests.WRONG),
    "objects": held(3),
    "tests of add": of_add(SUBTRACTS),
}


@pytest.mark.parametrize("kind", RIGHT)
async def test_right_answers_pass(judge: Judge, sandbox: Sandbox, kind: str) -> None:
    """However they are written."""
    if sandbox.scratch is None:
        pytest.skip(f"{sandbox.name} has no folder to write into")
    assert RIGHT[kind].keys() - await accepted(judge, RIGHT[kind]) == set()


@pytest.mark.parametrize("kind", WRONG)
async def test_wrong_answers_do_not(judge: Judge, kind: str) -> None:
    """However near they are."""
    assert await accepted(judge, WRONG[kind]) == set()
