"""Attempts to SFT rows: one accepted answer, one line, as TRL and its like load it.

The row is a pure function of the attempts: no clock, no network. Unless the options say so, the
model's reasoning and the turns that failed before the answer was right stay in the attempts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orjson import OPT_SORT_KEYS

from pettingllms.export.filters import NO_DROPS, Accepted, Drops, iter_accepted
from pettingllms.files.json import dumps
from pettingllms.judge.answer.reasoning import split_reasoning
from pettingllms.records import Attempt, Message, Role


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class SFTMetadata:
    """Where a row comes from. Every field has one type over all rows, so that tables load it.

    `run_id` and `created_at` (ISO 8601, UTC) are of the run that paid for the answer;
    `judged_by` names what found it right, with its limits. `feedback` is what each repair turn was
    told, and `cases_shown` the test cases that they were shown, from 0, both with commas between;
    `problem` is what is known of the problem, as JSON text.
    """

    problem_id: str
    sample: int
    turn: int
    provider: str
    model: str
    verdict: str
    tests_passed: int
    tests_total: int
    prompt_tokens: int
    completion_tokens: int
    request_key: str
    run_id: str
    created_at: str
    judged_by: str
    feedback: str
    cases_shown: str
    problem: str


@dataclass(frozen=True, slots=True)
class SFTRow:
    """What was asked and the accepted answer, whichever turn it came in."""

    messages: tuple[ChatMessage, ...]
    metadata: SFTMetadata


@dataclass(frozen=True, slots=True)
class RowOptions:
    """`dialogue`: the turns that failed and what was said of them come before the answer;
    `reasoning`: each answer begins with the thinking before it, between `<think>` marks."""

    dialogue: bool = False
    reasoning: bool = False


DEFAULT_OPTIONS = RowOptions()


def sft_rows(
    attempts: Iterable[Attempt],
    drops: Drops = NO_DROPS,
    options: RowOptions = DEFAULT_OPTIONS,
) -> Iterator[SFTRow]:
    """One row for each accepted answer that is not dropped, in the order of the attempts.

    Raises: OutputError where turns are missing or apart.
    """
    for accepted in iter_accepted(attempts):
        if accepted.id not in drops:
            yield SFTRow(_conversation(accepted, options), _metadata(accepted))


def _conversation(accepted: Accepted, options: RowOptions) -> tuple[ChatMessage, ...]:
    before = accepted.last if options.dialogue else accepted.turns[0]
    prompt = (_said(message, options) for message in before.messages)
    answer = Message(role="assistant", content=accepted.completion.text)
    answer["reasoning"] = accepted.completion.reasoning
    return (*prompt, _said(answer, options))


def _said(message: Message, options: RowOptions) -> ChatMessage:
    """An assistant's reasoning is told apart from the answer, though both came as one text."""
    if message["role"] != "assistant":
        return ChatMessage(message["role"], message["content"])
    spoken = split_reasoning(message["content"])
    content, reasoning = spoken.answer, message.get("reasoning") or spoken.reasoning
    if options.reasoning and reasoning:
        content = f"<think>\n{reasoning.strip()}\n</think>\n\n{content}"
    return ChatMessage("assistant", content)


def _metadata(accepted: Accepted) -> SFTMetadata:
    attempt, completion, verdict = accepted.last, accepted.completion, accepted.verdict
    shown = dict.fromkeys(turn.shown_case for turn in accepted.turns)
    return SFTMetadata(
        problem_id=attempt.problem_id,
        sample=attempt.sample,
        turn=attempt.turn,
        provider=attempt.provider,
        model=completion.model or attempt.model,
        verdict=verdict.outcome,
        tests_passed=verdict.tests_passed,
        tests_total=verdict.tests_total,
        prompt_tokens=completion.usage.prompt_tokens,
        completion_tokens=completion.usage.completion_tokens,
        request_key=attempt.request_key,
        run_id=completion.run_id,
        created_at=completion.received_at,
        judged_by=verdict.judged_by,
        feedback=",".join(turn.feedback for turn in accepted.turns[1:]),
        cases_shown=",".join(str(case) for case in shown if case is not None),
        problem=dumps(attempt.metadata, OPT_SORT_KEYS).decode() if attempt.metadata else "{}",
    )
