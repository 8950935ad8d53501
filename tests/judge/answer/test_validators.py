"""What is said of an answer without running it, and what a user's own function may say."""

import sys
from pathlib import Path

import pytest

from pettingllms.errors import SettingError
from pettingllms.judge import Judge
from pettingllms.judge.answer.user_validator import load_user_validator
from pettingllms.judge.answer.validators import LengthBounds
from pettingllms.judge.assess import Rules, assess
from pettingllms.records import (
    Completion,
    FinishReason,
    FunctionCase,
    FunctionTests,
    Outcome,
    Problem,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

TESTED = Problem("p", (), FunctionTests("f", (FunctionCase((1,), 2),)))
UNTESTED = Problem("p", ())
RIGHT = "```python\ndef f(x): return x * 2\n```"


def said(text: str, finish_reason: FinishReason = FinishReason.STOP) -> Completion:
    return Completion(text, finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", Outcome.EMPTY),
        ("<think>hm</think>\n ", Outcome.EMPTY),
        ("I'm sorry, but I can't help with that.", Outcome.REFUSED),
        ("I\u2019m really sorry, but I cannot assist with this request.", Outcome.REFUSED),
        ("Unfortunately, I am unable to provide that.", Outcome.REFUSED),
        ("As an AI language model, I won't write malware.", Outcome.REFUSED),
        ("<think>Bad.</think>Sorry, I can't do that.", Outcome.REFUSED),
        ("很抱歉\uff0c我无法协助完成这个请求。", Outcome.REFUSED),
        ("Multiply by two.", Outcome.NO_CODE),
        ("I'm sorry for the mistake.", Outcome.NO_CODE),
        (f"I'm sorry, I can't do better:\n{RIGHT}", Outcome.PASSED),
        ("```rust\nfn f(x: i32) -> i32 { x * 2 }\n```", Outcome.WRONG_LANGUAGE),
        ("```text\nf(1) is 2\n```", Outcome.NO_CODE),
        (f"```rust\nfn f() {{}}\n```\n{RIGHT}", Outcome.PASSED),
        ("```python\ndef f(x) return x * 2\n```", Outcome.SYNTAX_ERROR),
        (f"```python\nf = {'(' * 300}{')' * 300}\n```", Outcome.SYNTAX_ERROR),
        ("```python\nreturn 2\n```", Outcome.ERROR),
        (RIGHT, Outcome.PASSED),
    ],
)
async def test_each_reason_has_its_name(judge: Judge, text: str, outcome: Outcome) -> None:
    """The first that applies, cheapest first."""
    _, verdict = await assess(TESTED, said(text), judge)
    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    "text",
    [
        "```rust\nfn main() {}\n```",
        "```python\ndef f(x) return\n```",
        "Dear John, I'm sorry that I can't come.",
        "I cannot recommend it enough.",
    ],
)
async def test_without_tests_any_language_and_any_prose_is_an_answer(
    judge: Judge, text: str
) -> None:
    """Only tests want Python."""
    _, verdict = await assess(UNTESTED, said(text), judge)
    assert verdict.outcome is Outcome.UNTESTED


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        (LengthBounds(shortest=len(RIGHT)), Outcome.PASSED),
        (LengthBounds(shortest=len(RIGHT) + 1), Outcome.TOO_SHORT),
        (LengthBounds(longest=len(RIGHT)), Outcome.PASSED),
        (LengthBounds(longest=len(RIGHT) - 1), Outcome.TOO_LONG),
    ],
)
async def test_length_is_bounded_on_both_sides(
    judge: Judge, bounds: LengthBounds, outcome: Outcome
) -> None:
    """The bounds themselves are allowed."""
    _, verdict = await assess(TESTED, said(RIGHT), judge, Rules(bounds))
    assert verdict.outcome is outcome


async def test_what_is_wrong_is_told_for_the_next_turn(judge: Judge) -> None:
    """A syntax error with its line, a language by its name."""
    _, verdict = await assess(TESTED, said("```python\nx = 1\ndef f(x) return\n```"), judge)
    assert verdict.failure is not None
    assert "line 2" in verdict.failure.error
    assert verdict.outcome.is_repairable
    _, verdict = await assess(TESTED, said("```Java\nint f;\n```"), judge)
    assert verdict.failure is not None
    assert "java" in verdict.failure.error


def no_prints(problem: Problem, answer: Completion, code: str | None) -> str | None:
    return "prints\nsomething" if code and "print(" in code else None


def fails(problem: Problem, answer: Completion, code: str | None) -> str | None:
    raise KeyError(problem.id)


def talks(problem: Problem, answer: Completion, code: str | None) -> bool:
    return True


async def test_a_users_function_rejects_for_its_own_reason(judge: Judge) -> None:
    """Counted under what it says; it sees only what passed everything else."""
    rules = Rules(user_validator=load_user_validator(f"{__name__}:no_prints"))
    prints = "```python\ndef f(x):\n    print(x)\n    return x * 2\n```"
    _, verdict = await assess(TESTED, said(prints), judge, rules)
    assert (verdict.outcome, verdict.counted_as) == (Outcome.REJECTED, "prints something")
    _, verdict = await assess(TESTED, said(RIGHT), judge, rules)
    assert verdict.outcome is Outcome.PASSED
    _, verdict = await assess(TESTED, said(prints.replace("* 2", "* 3")), judge, rules)
    assert verdict.outcome is Outcome.WRONG_ANSWER


@pytest.mark.parametrize(
    ("name", "words"), [("fails", "raised KeyError: 'p'"), ("talks", "returned True")]
)
async def test_a_users_function_that_fails_is_named(judge: Judge, name: str, words: str) -> None:
    """It stops the run, and says on which problem."""
    rules = Rules(user_validator=load_user_validator(f"{__name__}:{name}"))
    with pytest.raises(SettingError, match=f"{name} {words}, on an answer to `p`"):
        await assess(TESTED, said(RIGHT), judge, rules)


@pytest.mark.parametrize(
    "path", ["nothing", "no_such_module:f", f"{__name__}:nope", ":", "os:name"]
)
async def test_a_function_that_is_not_there_is_named_before_anything_runs(path: str) -> None:
    """A setting that is wrong, with what it was."""
    with pytest.raises(SettingError, match="validator"):
        load_user_validator(path)


async def test_a_module_that_breaks_is_the_settings_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it raises on import."""
    (tmp_path / "breaks_on_import.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SettingError, match="division by zero"):
        load_user_validator("breaks_on_import:f")
    assert "breaks_on_import" not in sys.modules
