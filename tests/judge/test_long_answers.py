"""Answers of nothing but beginnings: whatever looks through them does not look at each to the end.

Where it does, one of these takes minutes or hours.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from pettingllms.judge import Judge
from pettingllms.judge.answer.extract import extract_code
from pettingllms.judge.answer.mending import mended
from pettingllms.judge.answer.rubric import Rubric
from pettingllms.judge.answer.structured import strings_in_data
from pettingllms.judge.languages.function_plans import function_plan
from pettingllms.judge.languages.plans import MOST_CODE
from pettingllms.judge.languages.published_tests import published_plan
from pettingllms.records import (
    Completion,
    FunctionCase,
    FunctionTests,
    Outcome,
    ProgramTests,
    StdioCase,
    StdioTests,
)
from pettingllms.records.languages import LANGUAGES

ONE = FunctionTests("f", (FunctionCase((1,), 2),))


def repeated(unit: str, size: int) -> str:
    return unit * (size // len(unit))


BEGINNINGS = (
    *("\\boxed{", "<code>", "`", "```", "@a\n", ">>> ", '"""', "{[", "def f(", "# a\n"),
    *("a: |\n", " a: |\n b\n", "> ", '- a: "\\', "'''\n", "{'a': ", "+a\n-", "**a", "<span "),
)


@pytest.mark.parametrize("unit", BEGINNINGS)
def test_an_answer_without_fences_is_searched_soon(unit: str) -> None:
    """Each of these begins something that nothing ends."""
    extract_code(repeated(unit, 60_000), "f")


def test_marks_at_an_end_that_is_none() -> None:
    """Many backticks, and then a fence."""
    code = f"def f(x):\n{'`' * 300_000}\n```\n"
    assert mended(code) == code


def test_json_that_nests_deeply_holds_no_code() -> None:
    """Python 3.12 reads it, and has no room to go through it."""
    text = '{"code": ' * 900 + '"x = 1"' + "}" * 900
    assert list(strings_in_data(text)) in ([], ["x = 1"])


@pytest.mark.parametrize(
    "remark", ["\n" * 300_000, "score 1" + "/" * 300_000 + "x", "score " * 9999]
)
def test_a_score_is_looked_for_soon(remark: str) -> None:
    """In a grader's reply."""
    rubric = Rubric("clear", 5)
    assert rubric.verdict(Completion(remark)).outcome is Outcome.UNRATED
    assert rubric.verdict(Completion(f"{remark}\n**Score: 7/10**")).outcome is Outcome.RATED


STARTS = {
    "cpp": ("f(", "a f(", "template<class T> ", "/*", "class f ", "aaaa", "a b f ("),
    "java": ("public a ", "import ", "\n", "public ", "/*", '"""', "class "),
    "javascript": ("/**", "f<", "f = ", "import {", "export default "),
    "rust": ("impl ", "impl Solution", "fn f<", "use std::", "/*", "&'a "),
    "go": ("import (", "func (", "\n", "f, ", "func f["),
}


@pytest.mark.parametrize("language", STARTS)
def test_a_program_s_plan_is_made_soon(language: str) -> None:
    """However its answer is written."""
    makers: list[Callable[[str], object]] = [
        lambda code: function_plan(LANGUAGES[language], code, ONE),
        lambda code: published_plan(LANGUAGES[language], code, ProgramTests("")),
    ]
    for unit in STARTS[language]:
        for make in makers:
            with suppress(TypeError):  # Go's tests have names, which are not here
                make(repeated(unit, MOST_CODE // 10))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("tests", [ONE, StdioTests((StdioCase("", ""),))])
async def test_code_that_is_too_long_is_not_compiled(
    judge: Judge, tests: FunctionTests | StdioTests
) -> None:
    """Neither to be judged nor to be observed."""
    code = "int f(int x) { return x + 1; }" + " " * MOST_CODE
    verdict = await judge.judge(code, tests, "cpp")
    assert verdict.outcome is Outcome.COMPILE_ERROR
    assert verdict.failure is not None
    assert "200,000 characters" in verdict.failure.error
    seen = await judge.observe(code, tests, "cpp")
    assert [output.error for output in seen.outputs] == ["compile_error"]
