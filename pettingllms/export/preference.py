"""Pairs of answers to one problem, of which one is the better by verdict: TRL's preference form.

What is rejected was found wrong by the tests, or graded low by the same rubric. A timeout, too much
memory, a broken sandbox or an answer that was cut off say nothing of what an answer is worth, and
make no pair. The prompt is what the problem was asked with first, whichever turns the two are from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from pettingllms.export.agents import CODE, SampleId, of_agent, successes
from pettingllms.export.attempts import by_problem
from pettingllms.export.filters import (
    Accepted,
    Drop,
    DropReason,
    Drops,
    accepted_of,
    holds_chat_markup,
)
from pettingllms.export.pass_at_k import first_answers
from pettingllms.export.sft import (
    ChatMessage,
    RowOptions,
    SFTMetadata,
    answer_said,
    metadata_of,
    prompt_said,
    tokens_of,
)
from pettingllms.judge.assess import what_failed
from pettingllms.records import Attempt, Outcome, Verdict

PAIRS_PER_PROBLEM = 4
_MOST_UNEQUAL = math.log(1.5)
_FOUND_WRONG = frozenset(
    {
        Outcome.WRONG_ANSWER,
        Outcome.ERROR,
        Outcome.SYNTAX_ERROR,
        Outcome.COMPILE_ERROR,
        Outcome.WRONG_LANGUAGE,
        Outcome.WRONG_LIBRARY,
        Outcome.NO_CODE,
    }
)
_WORSE_THAN = {Outcome.PASSED: _FOUND_WRONG, Outcome.RATED: frozenset({Outcome.LOW_SCORE})}


@dataclass(frozen=True, slots=True)
class PairRules:
    """`most` pairs for each problem. `balanced`: neither answer of a pair is more than half as long
    again as the other, and over the file the better ones are no longer than the worse: a trainer
    else learns the length."""

    most: int = PAIRS_PER_PROBLEM
    balanced: bool = False


@dataclass(frozen=True, slots=True)
class PreferenceMetadata(SFTMetadata):
    """Of the chosen answer, with why it is the better one, and which answer it was chosen over."""

    reason: str
    rejected_sample: int
    rejected_turn: int
    rejected_model: str
    rejected_verdict: str
    rejected_tests_passed: int
    rejected_request_key: str


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """As TRL's DPOTrainer loads it: three lists of messages."""

    prompt: tuple[ChatMessage, ...]
    chosen: tuple[ChatMessage, ...]
    rejected: tuple[ChatMessage, ...]
    metadata: PreferenceMetadata


@dataclass(frozen=True, slots=True)
class _Rejected:
    turn: Attempt
    verdict: Verdict
    said: ChatMessage

    @property
    def rank(self) -> tuple[float, int, int]:
        """The least is the nearest miss, of which most can be learned."""
        share = self.verdict.tests_passed / max(1, self.verdict.tests_total)
        return -share, self.turn.sample, self.turn.turn


@dataclass(frozen=True, slots=True)
class _Pair:
    chosen: Accepted
    said: ChatMessage
    rejected: _Rejected

    @property
    def log_ratio(self) -> float:
        """Of the lengths, above 0 where the chosen answer is the longer one."""
        return math.log((len(self.said.content) + 1) / (len(self.rejected.said.content) + 1))


def preference_rows(
    attempts: Iterable[Attempt], drops: Drops, options: RowOptions, rules: PairRules
) -> Iterator[PreferenceRow]:
    """In the order of the problems. Raises: OutputError where turns are missing or apart."""
    for samples, pairs in _paired(attempts, drops, options, rules):
        answers = first_answers(samples, options.wave)
        won = successes(samples, CODE)
        for pair in pairs:
            prompt = prompt_said(pair.chosen.turns[0], options)
            tokens, succeeded = tokens_of((*prompt, pair.said), options), pair.chosen.id[1] in won
            chosen = metadata_of(pair.chosen, answers, tokens, env_success=succeeded)
            metadata = _metadata(chosen, pair)
            yield PreferenceRow(prompt, (pair.said,), (pair.rejected.said,), metadata)


def unpaired(
    attempts: Iterable[Attempt], drops: Drops, options: RowOptions, rules: PairRules
) -> Drops:
    """The accepted answers that are in no pair."""
    left_out: dict[SampleId, Drop] = {}
    for samples, pairs in _paired(attempts, drops, options, rules):
        chosen = {pair.chosen.id for pair in pairs}
        for accepted in filter(None, map(accepted_of, samples)):
            if accepted.id not in chosen and accepted.id not in drops:
                left_out[accepted.id] = accepted.drop(DropReason.UNPAIRED)
    return left_out


def _paired(
    attempts: Iterable[Attempt], drops: Drops, options: RowOptions, rules: PairRules
) -> Iterator[tuple[Sequence[tuple[Attempt, ...]], Sequence[_Pair]]]:
    """Each problem's samples with its pairs."""
    balance = 0.0
    for samples in (of_agent(each, "code") for each in by_problem(attempts)):
        right = [each for each in map(accepted_of, samples) if each]
        texts = {answer_said(each.completion, options).content for each in right}
        accepted = [each for each in right if each.id not in drops]
        rejected = [each for each in _rejected(samples, options) if each.said.content not in texts]
        pairs = list(_pairs(accepted, rejected, options))
        if rules.balanced:
            pairs = list(_balanced(pairs, rules.most, balance))
            balance += sum(pair.log_ratio for pair in pairs)
        yield samples, pairs[: rules.most]


def _pairs(
    accepted: Sequence[Accepted], rejected: Sequence[_Rejected], options: RowOptions
) -> Iterator[_Pair]:
    """Every answer once before any comes again; the best and the nearest misses first. Of answers
    that say the same only the best is chosen: trainers would learn one pair several times."""
    best: dict[ChatMessage, Accepted] = {}
    for answer in sorted(accepted, key=lambda answer: answer.rank):
        best.setdefault(answer_said(answer.completion, options), answer)
    for distance in range(len(rejected)):
        for number, (said, chosen) in enumerate(best.items()):
            other = rejected[(number + distance) % len(rejected)]
            if other.verdict.outcome in _WORSE_THAN.get(chosen.verdict.outcome, ()):
                yield _Pair(chosen, said, other)


def _balanced(pairs: Sequence[_Pair], most: int, balance: float) -> Iterator[_Pair]:
    """Each time the one that brings the lengths over the whole file nearest to each other."""
    left = [pair for pair in pairs if abs(pair.log_ratio) <= _MOST_UNEQUAL]
    for _ in range(min(most, len(left))):
        weights = [abs(balance + pair.log_ratio) for pair in left]
        pair = left.pop(weights.index(min(weights)))
        balance += pair.log_ratio
        yield pair


def _rejected(samples: Iterable[Sequence[Attempt]], options: RowOptions) -> Sequence[_Rejected]:
    """Each text once, whatever turn it came in; none with chat markup, which training would learn
    to see as wrong."""
    found: dict[str, _Rejected] = {}
    for turns in samples:
        for turn in turns:
            verdict, completion = turn.verdict, turn.completion
            if completion is None or verdict is None or verdict.may_change:
                continue
            is_wrong = any(verdict.outcome in worse for worse in _WORSE_THAN.values())
            if is_wrong and not holds_chat_markup(turn):
                said = answer_said(completion, options)
                found.setdefault(said.content, _Rejected(turn, verdict, said))
    return sorted(found.values(), key=lambda answer: answer.rank)


def _metadata(chosen: SFTMetadata, pair: _Pair) -> PreferenceMetadata:
    turn, verdict = pair.rejected.turn, pair.rejected.verdict
    model = turn.completion.model if turn.completion else ""
    return PreferenceMetadata(
        **asdict(chosen),
        reason=f"{chosen.verdict.replace('_', ' ')}, over {what_failed(verdict)}",
        rejected_sample=turn.sample,
        rejected_turn=turn.turn,
        rejected_model=model or turn.model,
        rejected_verdict=verdict.counted_as,
        rejected_tests_passed=verdict.tests_passed,
        rejected_request_key=turn.request_key,
    )
