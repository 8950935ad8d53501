"""Which accepted answers are exported: of each problem the best first, and each past every gate.

What a gate drops is counted in the stats under its reason. All is a pure function of the attempts
and of what the gates are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

import orjson

from pettingllms.errors import OutputError
from pettingllms.export.attempts import by_rollout
from pettingllms.export.decontamination import Benchmark, asked
from pettingllms.export.deduplication import SeenAnswers
from pettingllms.files.json import json_line
from pettingllms.judge.answer.chat_markup import has_chat_markup
from pettingllms.judge.answer.reasoning import split_reasoning
from pettingllms.records import Attempt, Completion, Verdict

SampleId = tuple[str, int]
"""Problem id and sample number."""


class DropReason(StrEnum):
    CONTAMINATED = "contaminated"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    SURPLUS = "surplus"
    CHAT_MARKUP = "chat_markup"


@dataclass(frozen=True, slots=True)
class Drop:
    """Why an accepted answer is not exported; `detail` names what it collides with."""

    problem_id: str
    sample: int
    reason: DropReason
    detail: str = ""


Drops = Mapping[SampleId, Drop]
NO_DROPS: Drops = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A sample whose last turn is kept: its turns, and that turn's parts."""

    turns: tuple[Attempt, ...]
    last: Attempt
    completion: Completion
    verdict: Verdict

    @property
    def id(self) -> SampleId:
        return self.last.problem_id, self.last.sample

    @property
    def code(self) -> str:
        """What is compared: the code, or all of an answer without any."""
        return self.completion.text if self.last.code is None else self.last.code

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """The best answer to a problem is the least: the fewest turns, then the shortest code,
        then the fewest tokens, then the first sample."""
        tokens = self.completion.usage.completion_tokens
        return self.last.turn, len(self.code), tokens, self.last.sample


def accepted_of(turns: tuple[Attempt, ...]) -> Accepted | None:
    last = turns[-1]
    if last.completion and last.verdict and last.verdict.outcome.is_kept:
        return Accepted(turns, last, last.completion, last.verdict)
    return None


def iter_accepted(attempts: Iterable[Attempt]) -> Iterator[Accepted]:
    """In the order of the attempts. Raises: OutputError where turns are missing or apart."""
    for turns in by_rollout(attempts):
        accepted = accepted_of(turns)
        if accepted is not None:
            yield accepted


def holds_chat_markup(last: Attempt) -> bool:
    """In the conversation or in the answer that ends it. Thinking and the marks around it are no
    part of a row, and not looked at."""
    answers = [last.completion.text] if last.completion else []
    answers += [m["content"] for m in last.messages if m["role"] == "assistant"]
    asked = [m["content"] for m in last.messages if m["role"] != "assistant"]
    return any(map(has_chat_markup, (*asked, *(split_reasoning(text).answer for text in answers))))


@dataclass(frozen=True, slots=True)
class Gates:
    """`keep`: so many answers to a problem at most; `dedup`: from what share on two are alike, 1
    for equal ones only; `benchmark`: what no row may give away; `drop_chat_markup`: none with the
    tokens in it by which models tell turns apart."""

    keep: int | None = None
    dedup: float | None = None
    benchmark: Benchmark | None = None
    drop_chat_markup: bool = False


Filter = Callable[[Accepted], Drop | None]


def _filters(gates: Gates, seen: SeenAnswers | None) -> Iterator[Filter]:
    """Those that are on, in the order in which they are asked."""
    if gates.drop_chat_markup:
        yield _marked_up
    if gates.benchmark is not None:
        yield partial(_contaminated, gates.benchmark)
    if seen is not None:
        yield partial(_duplicate, seen)


def find_drops(attempts: Iterable[Attempt], gates: Gates) -> Drops:
    """Every accepted answer that is not exported. One pass; raises as `by_rollout`."""
    seen = None if gates.dedup is None else SeenAnswers(gates.dedup)
    filters = tuple(_filters(gates, seen))
    if not filters and gates.keep is None:
        return NO_DROPS
    drops: dict[SampleId, Drop] = {}
    of_problem = groupby(iter_accepted(attempts), lambda accepted: accepted.last.problem_id)
    for _, accepted in of_problem:
        for drop in _drops_of_problem(accepted, filters, gates.keep, seen):
            drops[drop.problem_id, drop.sample] = drop
    return drops


def _drops_of_problem(
    accepted: Iterable[Accepted], filters: Sequence[Filter], keep: int | None,
    seen: SeenAnswers | None,
) -> Iterator[Drop]:  # fmt: skip
    kept = 0
    for answer in sorted(accepted, key=lambda answer: answer.rank):
        drop = next(filter(None, (dropped(answer) for dropped in filters)), None)
        if drop is None and keep is not None and kept >= keep:
            drop = Drop(*answer.id, DropReason.SURPLUS)
        if drop is not None:
            yield drop
            continue
        kept += 1
        if seen is not None:
            seen.add(f"{answer.last.problem_id}, sample {answer.last.sample}", answer.code)


def _marked_up(answer: Accepted) -> Drop | None:
    marked_up = holds_chat_markup(answer.last)
    return Drop(*answer.id, DropReason.CHAT_MARKUP) if marked_up else None


def _contaminated(benchmark: Benchmark, answer: Accepted) -> Drop | None:
    match = benchmark.match(asked(answer.turns[0].messages), answer.code)
    return None if match is None else Drop(*answer.id, DropReason.CONTAMINATED, match)


def _duplicate(seen: SeenAnswers, answer: Accepted) -> Drop | None:
    likeness = seen.like(answer.code)
    if likeness is None:
        return None
    reason = DropReason.DUPLICATE if likeness.is_equal else DropReason.NEAR_DUPLICATE
    return Drop(*answer.id, reason, f"{likeness.share:.2f} of {likeness.to}")


def drop_lines(drops: Drops) -> Iterator[bytes]:
    """The lines of the file that says of each what it collided with, in the attempts' order."""
    return map(json_line, drops.values())


def read_drops(path: Path) -> Drops:
    """What that file says; nothing where there is none. Raises: OutputError."""
    try:
        drops = [Drop(**orjson.loads(line)) for line in path.read_bytes().splitlines()]
    except FileNotFoundError:
        return NO_DROPS
    except (OSError, ValueError, TypeError) as error:
        raise OutputError(f"{path} cannot be read: {error}.") from error
    return {(drop.problem_id, drop.sample): drop for drop in drops}
