"""From a problem, or from a failure, to the messages that go to the model."""

from __future__ import annotations

from pettingllms.problems.prompts import SYSTEM_PROMPT
from pettingllms.records import Completion, Failure, Message, Messages, Outcome, Problem, Verdict

_COMPLAINTS = {
    Outcome.WRONG_ANSWER: "Your solution gives a wrong answer.",
    Outcome.ERROR: "Your solution raises an error.",
    Outcome.TIMEOUT: "Your solution takes too long.",
    Outcome.MEMORY: "Your solution uses too much memory.",
    Outcome.SYNTAX_ERROR: "Your solution is not valid Python.",
    Outcome.WRONG_LANGUAGE: "Your solution is not written in Python.",
    Outcome.WRONG_LIBRARY: "Your solution does not use what the task asks for.",
    Outcome.NO_CODE: "Your reply holds no Python code block.",
}
MOST_CHARACTERS = 600
"""Of each part of a failure; the judge's own parts are shorter."""
_REQUEST = "Find the mistake and reply with the complete corrected solution in one ```python block."


def opening(problem: Problem, system_prompt: str = SYSTEM_PROMPT) -> tuple[Message, ...]:
    """The first turn; a system message of the problem's own takes the place of ours."""
    has_system = any(message["role"] == "system" for message in problem.messages)
    if has_system or not system_prompt:
        return problem.messages
    return (Message(role="system", content=system_prompt), *problem.messages)


def repair(messages: Messages, answer: Completion, verdict: Verdict) -> tuple[Message, ...]:
    """The next turn: the transcript so far, the answer, and what failed, bounded in length."""
    said = Message(role="assistant", content=answer.text)
    if answer.reasoning:
        said["reasoning"] = answer.reasoning
    return (*messages, said, Message(role="user", content=_feedback(verdict)))


def _feedback(verdict: Verdict) -> str:
    lines = [_COMPLAINTS[verdict.outcome]]
    if verdict.failure is not None:
        lines += _describe(verdict.failure)
    return "\n".join((*lines, "", _REQUEST))


def _describe(failure: Failure) -> list[str]:
    labelled = (
        ("Test", failure.test),
        ("Expected", failure.expected),
        ("Got", failure.got),
        ("Error", failure.error),
    )
    return ["", *(f"{label}:\n{_clip(text)}" for label, text in labelled if text)]


def _clip(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
