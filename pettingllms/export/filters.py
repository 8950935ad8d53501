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

from pettingllms.errors import OutputError, reason
from pettingllms.export.agents import CODE, SampleId, most_rows, of_agent, successes
from pettingllms.export.attempts import by_problem
from pettingllms.export.decontamination import Benchmark, asked
from pettingllms.export.deduplication import SeenAnswers
from pettingllms.export.pass_at_k import FirstAnswers, PassRate, first_answers
from pettingllms.files.json import json_line
from pettingllms.judge.answer.chat_markup import has_chat_markup
from pettingllms.judge.answer.reasoning import split_reasoning
from pettingllms.records import Agent, Attempt, Completion, Verdict


class DropReason(StrEnum):
    CONTAMINATED = "contaminated"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    SURPLUS = "surplus"
    CHAT_MARKUP = "chat_markup"
    EPISODE_FAILED = "episode_failed"
    AGENT_RATIO = "agent_ratio"
    OTHER_AGENT = "other_agent"
    PASS_RATE = "pass_rate"  # noqa: S105 - no password
    TOO_MANY_TOKENS = "too_many_tokens"
    UNPAIRED = "unpaired"
    NO_TESTS = "no_tests"


@dataclass(frozen=True, slots=True)
class Drop:
    """Why an accepted answer is not exported; `detail` names what it collides with."""

    problem_id: str
    sample: int
    reason: DropReason
    detail: str = ""
    agent: Agent = "code"

    @property
    def id(self) -> SampleId:
        return self.problem_id, self.sample


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

    def drop(self, reason: DropReason, detail: str = "") -> Drop:
        return Drop(*self.id, reason, detail, self.last.agent)

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
    tokens in it by which models tell turns apart. Of the `agents`' rows, only those of episodes in
    which all of them succeeded, with `whole_episodes`; and as many of each as `ratios` allow.
    `pass_rate`: only problems of which such a share of the first answers pass, of the samples up to
    `wave`; `fits`: whether a row is short enough to be learned."""

    keep: int | None = None
    dedup: float | None = None
    benchmark: Benchmark | None = None
    drop_chat_markup: bool = False
    agents: tuple[Agent, ...] = CODE
    whole_episodes: bool = False
    ratios: Mapping[Agent, float] | None = None
    pass_rate: PassRate | None = None
    wave: int | None = None
    fits: Callable[[Accepted], bool] | None = None

    def admits(self, answers: FirstAnswers) -> bool:
        """Whether a problem has the pass rate that is wanted; none where nothing was judged."""
        return self.pass_rate is None or (bool(answers.judged) and self.pass_rate.holds(answers))


Filter = Callable[[Accepted], Drop | None]


def _filters(gates: Gates, seen: SeenAnswers | None) -> Iterator[Filter]:
    """Those that are on, in the order in which they are asked."""
    if "code" not in gates.agents:
        yield partial(_of_other_agent, gates.agents)
    if gates.drop_chat_markup:
        yield _marked_up
    if gates.fits is not None:
        yield partial(_too_long, gates.fits)
    if gates.benchmark is not None:
        yield partial(_contaminated, gates.benchmark)
    if seen is not None:
        yield partial(_duplicate, seen)


def find_drops(attempts: Iterable[Attempt], gates: Gates) -> Drops:
    """Every accepted answer that is not exported. One pass; raises as `by_problem`."""
    seen = None if gates.dedup is None else SeenAnswers(gates.dedup)
    filters = tuple(_filters(gates, seen))
    compared = gates.keep, gates.ratios, gates.pass_rate
    is_open = all(gate is None for gate in compared) and not gates.whole_episodes
    if is_open and not filters:
        return NO_DROPS
    drops: dict[SampleId, Drop] = {}
    exported: dict[Agent, list[SampleId]] = {agent: [] for agent in gates.agents}
    for samples in by_problem(attempts):
        of_problem = (*_filters_of_problem(gates, samples), *filters)
        for accepted in _by_agent(samples):
            for drop in _drops_of_problem(accepted, of_problem, gates.keep, seen):
                drops[drop.id] = drop
            kept = exported.get(accepted[0].last.agent, [])
            kept += [answer.id for answer in accepted if answer.id not in drops]
    drops |= {drop.id: drop for drop in _surplus_of_agents(exported, gates.ratios)}
    return drops


def _filters_of_problem(gates: Gates, samples: Sequence[tuple[Attempt, ...]]) -> Iterator[Filter]:
    if gates.whole_episodes:
        yield partial(_lost, successes(samples, gates.agents))
    if not gates.admits(first_answers(of_agent(samples, "code"), gates.wave)):
        yield _too_easy_or_hard


def _by_agent(samples: Sequence[tuple[Attempt, ...]]) -> Iterator[list[Accepted]]:
    """A problem's accepted answers, and its accepted test sets."""
    accepted = filter(None, map(accepted_of, samples))
    for _, of_one in groupby(accepted, lambda answer: answer.last.agent):
        yield list(of_one)


def _drops_of_problem(
    accepted: Iterable[Accepted], filters: Sequence[Filter], keep: int | None,
    seen: SeenAnswers | None,
) -> Iterator[Drop]:  # fmt: skip
    kept = 0
    for answer in sorted(accepted, key=lambda answer: answer.rank):
        drop = next(filter(None, (dropped(answer) for dropped in filters)), None)
        if drop is None and keep is not None and kept >= keep:
            drop = answer.drop(DropReason.SURPLUS)
        if drop is not None:
            yield drop
            continue
        kept += 1
        if seen is not None:
            seen.add(f"{answer.last.problem_id}, sample {answer.last.sample}", answer.code)


def _surplus_of_agents(
    exported: Mapping[Agent, Sequence[SampleId]], ratios: Mapping[Agent, float] | None
) -> Iterator[Drop]:
    """Of each agent the first ones stay."""
    if ratios is None:
        return
    most = most_rows({agent: len(ids) for agent, ids in exported.items()}, ratios)
    for agent, ids in exported.items():
        for problem_id, sample in ids[most[agent] :]:
            yield Drop(problem_id, sample, DropReason.AGENT_RATIO, agent=agent)


def _lost(won: frozenset[int], answer: Accepted) -> Drop | None:
    return None if answer.last.sample in won else answer.drop(DropReason.EPISODE_FAILED)


def _of_other_agent(agents: Sequence[Agent], answer: Accepted) -> Drop | None:
    return None if answer.last.agent in agents else answer.drop(DropReason.OTHER_AGENT)


def _marked_up(answer: Accepted) -> Drop | None:
    return answer.drop(DropReason.CHAT_MARKUP) if holds_chat_markup(answer.last) else None


def _too_long(fits: Callable[[Accepted], bool], answer: Accepted) -> Drop | None:
    return None if fits(answer) else answer.drop(DropReason.TOO_MANY_TOKENS)


def _too_easy_or_hard(answer: Accepted) -> Drop:
    return answer.drop(DropReason.PASS_RATE)


def _contaminated(benchmark: Benchmark, answer: Accepted) -> Drop | None:
    match = benchmark.match(asked(answer.turns[0].messages), answer.code)
    return None if match is None else answer.drop(DropReason.CONTAMINATED, match)


def _duplicate(seen: SeenAnswers, answer: Accepted) -> Drop | None:
    likeness = seen.like(answer.code)
    if likeness is None:
        return None
    reason = DropReason.DUPLICATE if likeness.is_equal else DropReason.NEAR_DUPLICATE
    return answer.drop(reason, f"{likeness.share:.2f} of {likeness.to}")


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
        raise OutputError(f"{path} cannot be read: {reason(error)}.") from error
    return {drop.id: drop for drop in drops}
