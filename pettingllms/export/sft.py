"""Attempts to SFT rows: one accepted answer, one line, as TRL and its like load it.

The row is a pure function of the attempts: no clock, no network. The model's reasoning and
the turns that failed before the answer was right stay in the attempts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pettingllms.export.attempts import by_rollout
from pettingllms.export.json_lines import json_line
from pettingllms.records import Attempt, Completion, Messages, Role, Verdict


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class SFTMetadata:
    """Where a row comes from. Every field has one type over all rows, so that tables load it.

    `run_id` and `created_at` (ISO 8601, UTC) are of the run that paid for the answer.
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


@dataclass(frozen=True, slots=True)
class SFTRow:
    """The opening messages and the accepted answer, whichever turn it came in."""

    messages: tuple[ChatMessage, ...]
    metadata: SFTMetadata


def sft_rows(attempts: Iterable[Attempt]) -> Iterator[SFTRow]:
    """One row for each accepted answer, in the order of the attempts.

    Raises: OutputError where turns are missing or apart.
    """
    for turns in by_rollout(attempts):
        last = turns[-1]
        if last.completion and last.verdict and last.verdict.outcome.is_kept:
            yield SFTRow(
                _conversation(turns[0].messages, last.completion),
                _metadata(last, last.completion, last.verdict),
            )


def sft_lines(attempts: Iterable[Attempt]) -> Iterator[bytes]:
    """The lines of the SFT file."""
    return map(json_line, sft_rows(attempts))


def _conversation(opening: Messages, completion: Completion) -> tuple[ChatMessage, ...]:
    prompt = (ChatMessage(message["role"], message["content"]) for message in opening)
    return (*prompt, ChatMessage("assistant", completion.text))


def _metadata(attempt: Attempt, completion: Completion, verdict: Verdict) -> SFTMetadata:
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
    )
