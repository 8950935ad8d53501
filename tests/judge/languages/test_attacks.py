"""Compilers read nothing of the host, and programs reach nothing: no files, network, processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pettingllms.judge import Judge
from pettingllms.judge.languages import programs, trials
from pettingllms.records import FunctionCase, FunctionTests, Outcome, StdioCase, StdioTests
from tests.judge.languages.attacks import ATTACKS, BOMBS, FORGERIES
from tests.judge.languages.conftest import marked

ASYNC = pytest.mark.asyncio(loop_scope="session")
DONE = StdioTests((StdioCase("", "done"),))
EIGHT = FunctionTests("f", (FunctionCase((7,), 8), FunctionCase((8,), 9)))
TOO_MUCH = replace(programs.COMPILER_LIMITS, cpu_seconds=5)


def each(table: Mapping[str, Mapping[str, object]]) -> list[object]:
    return [marked(language, name) for language, rows in table.items() for name in rows]


@pytest.mark.parametrize(("language", "attack"), each(ATTACKS))
@ASYNC
async def test_nothing_of_the_host_is_reached(judge: Judge, language: str, attack: str) -> None:
    """Neither by a compiler nor by what it made."""
    verdict = await judge.judge(ATTACKS[language][attack], DONE, language)
    assert not verdict.outcome.is_kept, verdict
    assert verdict.outcome is not Outcome.SANDBOX_FAILURE, verdict


@pytest.mark.parametrize(("language", "bomb"), each(BOMBS))
@ASYNC
async def test_a_compiler_takes_its_share_and_no_more(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, language: str, bomb: str
) -> None:
    """Whatever it is given to do, it ends, and the answer is told so."""
    monkeypatch.setattr(programs, "COMPILER_LIMITS", TOO_MUCH)
    monkeypatch.setattr(trials, "COMPILER_LIMITS", TOO_MUCH)
    verdict = await judge.judge(BOMBS[language][bomb], DONE, language)
    assert verdict.outcome is Outcome.COMPILE_ERROR, verdict
    assert verdict.failure is not None
    assert verdict.failure.error


@pytest.mark.parametrize(("language", "forgery"), each(FORGERIES))
@ASYNC
async def test_what_a_function_says_is_not_believed(
    judge: Judge, language: str, forgery: str
) -> None:
    """It has the driver's process to itself, which knows no expected value."""
    verdict = await judge.judge(FORGERIES[language][forgery], EIGHT, language)
    assert not verdict.outcome.is_kept, verdict
    assert verdict.outcome is not Outcome.SANDBOX_FAILURE, verdict
