"""Attempts to SFT rows: one accepted answer, one line, as TRL and its like load it.

The row is a pure function of the attempts: no clock, no network. Unless the options say so, the
model's reasoning and the turns that failed before the answer was right stay in the attempts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orjson import OPT_NON_STR_KEYS, OPT_SORT_KEYS

from pettingllms.export.agents import CODE, of_agent, reward_of, successes
from pettingllms.export.attempts import by_problem
from pettingllms.export.facets import facets_of
from pettingllms.export.filters import NO_DROPS, Accepted, Drops, accepted_of
from pettingllms.export.pass_at_k import FirstAnswers, first_answers
from pettingllms.export.token_counts import TokenCounter
from pettingllms.files.json import dumps
from pettingllms.judge.answer.reasoning import split_reasoning
from pettingllms.records import Agent, Attempt, Completion, Message, Role, Written


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
    `problem` is what is known of the problem, as JSON text. `repaired`: an answer before it failed.

    `answers_judged`, `answers_passed`, `pass_at_1` and `pass_at_k` (JSON text, from k to the share)
    are of the problem's first answers, as `pass_at_k` has them. `tokens` are the row's by the
    tokenizer that was named, 0 without one.

    `agent` is who speaks, `code` or `test`; `reward` as `reward_of` has it; `env_success` whether
    the whole episode succeeded. Of an `agreed` answer, `tests` (JSON text) are written inputs and
    what so many answers alike, of those compared, return for them: the `agreement` is their share,
    and the test writer had `tests_passed` of them right. Of a test set, `tests` is what was
    written, and it killed so many of the programs known to be wrong.
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
    language: str
    difficulty: str
    source: str
    licence: str
    repaired: bool
    tokens: int
    answers_judged: int
    answers_passed: int
    pass_at_1: float
    pass_at_k: str
    agent: str
    reward: float
    env_success: bool
    answers_alike: int
    answers_compared: int
    agreement: float
    tests: str
    programs_killed: int
    programs_wrong: int


@dataclass(frozen=True, slots=True)
class SFTRow:
    """What was asked and the accepted answer, whichever turn it came in."""

    messages: tuple[ChatMessage, ...]
    metadata: SFTMetadata


@dataclass(frozen=True, slots=True)
class RowOptions:
    """`dialogue`: the turns that failed and what was said of them come before the answer;
    `reasoning`: each answer begins with the thinking before it, between `<think>` marks.
    `tokenizer` counts a row's tokens; `wave` samples of a problem were asked in any case; there are
    rows of these `agents`."""

    dialogue: bool = False
    reasoning: bool = False
    tokenizer: TokenCounter | None = None
    wave: int | None = None
    agents: tuple[Agent, ...] = CODE


DEFAULT_OPTIONS = RowOptions()


def sft_rows(
    attempts: Iterable[Attempt],
    drops: Drops = NO_DROPS,
    options: RowOptions = DEFAULT_OPTIONS,
) -> Iterator[SFTRow]:
    """One row for each accepted answer that is not dropped, in the order of the attempts.

    Raises: OutputError where turns are missing or apart.
    """
    for samples in by_problem(attempts):
        answers = first_answers(of_agent(samples, "code"), options.wave)
        won = successes(samples, options.agents)
        for accepted in filter(None, map(accepted_of, samples)):
            if accepted.id not in drops and accepted.last.agent in options.agents:
                said = conversation(accepted, options)
                tokens, succeeded = tokens_of(said, options), accepted.last.sample in won
                yield SFTRow(said, metadata_of(accepted, answers, tokens, env_success=succeeded))


def tokens_of(said: Iterable[ChatMessage], options: RowOptions) -> int:
    """0 where nobody counts."""
    if options.tokenizer is None:
        return 0
    return options.tokenizer.count([{"role": m.role, "content": m.content} for m in said])


def conversation(accepted: Accepted, options: RowOptions) -> tuple[ChatMessage, ...]:
    """The prompt and the answer, with what was said between them where the options want it."""
    before = accepted.last if options.dialogue else accepted.turns[0]
    return (*prompt_said(before, options), answer_said(accepted.completion, options))


def prompt_said(attempt: Attempt, options: RowOptions) -> tuple[ChatMessage, ...]:
    """What was said before its answer."""
    return tuple(_said(message, options) for message in attempt.messages)


def answer_said(completion: Completion, options: RowOptions) -> ChatMessage:
    answer = Message(role="assistant", content=completion.text)
    answer["reasoning"] = completion.reasoning
    return _said(answer, options)


def _said(message: Message, options: RowOptions) -> ChatMessage:
    """An assistant's reasoning is told apart from the answer, though both came as one text."""
    if message["role"] != "assistant":
        return ChatMessage(message["role"], message["content"])
    spoken = split_reasoning(message["content"])
    content, reasoning = spoken.answer, message.get("reasoning") or spoken.reasoning
    if options.reasoning and reasoning:
        content = f"<think>\n{reasoning.strip()}\n</think>\n\n{content}"
    return ChatMessage("assistant", content)


def metadata_of(
    accepted: Accepted, answers: FirstAnswers, tokens: int, *, env_success: bool
) -> SFTMetadata:
    """`answers` are the first ones to the same problem."""
    attempt, completion, verdict = accepted.last, accepted.completion, accepted.verdict
    agreement, written = attempt.agreement, attempt.written or Written()
    shown = dict.fromkeys(turn.shown_case for turn in accepted.turns)
    facets = facets_of(attempt)
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
        language=facets.language,
        difficulty=facets.difficulty,
        source=facets.source,
        licence=facets.licence,
        repaired=attempt.turn > 0,
        tokens=tokens,
        answers_judged=answers.judged,
        answers_passed=answers.passed,
        pass_at_1=answers.rate,
        pass_at_k=dumps(answers.pass_at_k, OPT_NON_STR_KEYS).decode(),
        agent=attempt.agent,
        reward=reward_of(attempt),
        env_success=env_success,
        answers_alike=agreement.alike if agreement else 0,
        answers_compared=agreement.answers if agreement else 0,
        agreement=round(agreement.share, 6) if agreement else 0.0,
        tests=_tests_of(attempt),
        programs_killed=written.killed,
        programs_wrong=written.wrong,
    )


def _tests_of(attempt: Attempt) -> str:
    """The written ones, as JSON text; "" where none were."""
    if attempt.agent == "test":
        return attempt.code or ""
    return attempt.agreement.tests if attempt.agreement else ""
