"""From a problem, or from a failure, to the messages that go to the model."""

from __future__ import annotations

from dataclasses import replace

from pettingllms.judge.answer.chat_markup import without_chat_markup
from pettingllms.problems.prompts import SYSTEM_PROMPT, system_prompt
from pettingllms.records import (
    AssertTests,
    Completion,
    Failure,
    Message,
    Messages,
    Outcome,
    Problem,
    StdioTests,
    Verdict,
)
from pettingllms.records.languages import LANGUAGES, PYTHON

MOST_CHARACTERS = 600
"""Of each part of a failure; the judge's own parts are shorter."""
_REQUEST = (
    "Find the mistake and reply with the complete corrected solution in one ```{fence} block."
)


def with_language(problem: Problem, language: str | None) -> Problem:
    """The problem with the language that its answers are asked for in: `language` where it does
    not say itself. Tests that are Python want Python. Open it is where only the problem's own
    system message could say, and its tests are of programs."""
    is_open = language is None and isinstance(problem.tests, StdioTests) and _has_system(problem)
    if problem.language is not None or is_open:
        return problem
    is_python = language is None or isinstance(problem.tests, AssertTests)
    return replace(problem, language=PYTHON if is_python else language)


def first_turn(problem: Problem, system: str = SYSTEM_PROMPT) -> tuple[Message, ...]:
    """What is asked first; a system message of the problem's own takes the place of ours."""
    if _has_system(problem) or not system:
        return problem.messages
    if system == SYSTEM_PROMPT:
        system = system_prompt(LANGUAGES[problem.language or PYTHON])
    return (Message(role="system", content=system), *problem.messages)


def _has_system(problem: Problem) -> bool:
    return any(message["role"] == "system" for message in problem.messages)


def repair_turn(
    messages: Messages, answer: Completion, verdict: Verdict, language: str | None = None
) -> tuple[Message, ...]:
    """What is asked next: the transcript so far, the answer, and what failed, bounded in length."""
    return told(messages, answer, _feedback(verdict, language or PYTHON))


def told(messages: Messages, answer: Completion, feedback: str) -> tuple[Message, ...]:
    """The transcript so far, the answer, and what is said of it."""
    said = Message(role="assistant", content=answer.text)
    if answer.reasoning:
        said["reasoning"] = answer.reasoning
    return (*messages, said, Message(role="user", content=feedback))


def _feedback(verdict: Verdict, language: str) -> str:
    row = LANGUAGES[language]
    lines = [verdict.outcome.complaint(row.title)]
    if verdict.failure is not None:
        expected = "Most give" if verdict.outcome is Outcome.DISAGREED else "Expected"
        lines += _describe(verdict.failure, expected)
    return "\n".join((*lines, "", _REQUEST.format(fence=row.fence)))


def _describe(failure: Failure, expected: str) -> list[str]:
    labelled = (
        ("Test", failure.test),
        (expected, failure.expected),
        ("Got", failure.got),
        ("Error", failure.error),
    )
    return [
        "",
        *(f"{label}:\n{_clip(without_chat_markup(text))}" for label, text in labelled if text),
    ]


def _clip(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
