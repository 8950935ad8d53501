"""The problems of a run, as shards, read as they are asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from pettingllms import bundled, prompting
from pettingllms.errors import ProblemFileError
from pettingllms.finished_shards import FinishedShard, FinishedShards
from pettingllms.privacy import why_held_back
from pettingllms.problems import OnBad, Row, find_rows, problem_of, read_problems
from pettingllms.records import Part, Problem, Quota
from pettingllms.rollout import Prompt, Rollout
from pettingllms.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shard:
    """Problems that go through the steps together, each with all its samples; or, of a shard that
    an earlier run has `finished`, what came of it. `key` is where it is kept."""

    number: int
    prompts: tuple[Prompt, ...]
    key: str | None = None
    finished: FinishedShard | None = None


def read_rollouts(settings: Settings) -> Iterator[Rollout]:
    """Every sample of every problem that may be sent, in input order."""
    for prompt in read_prompts(settings):
        if prompt.held_back is not None:
            continue
        for sample in range(settings.samples):
            yield Rollout(prompt.problem, sample, prompt.messages)


def read_prompts(settings: Settings) -> Iterator[Prompt]:
    """Every problem, in input order; records that do not read are passed over where the
    settings say so."""
    problems = read_problems(
        problem_sources(settings),
        skip_bad=on_bad(settings),
        limit=settings.num_episodes,
        part=part_of(settings),
    )
    for problem in problems:
        yield _prompt(problem, settings)


def _prompt(problem: Problem, settings: Settings) -> Prompt:
    messages = prompting.opening(problem, settings.system_prompt)
    held_back = None if settings.allow_private else why_held_back(problem, messages)
    return Prompt(problem, messages, held_back)


def read_shards(settings: Settings, finished: FinishedShards | None) -> Iterator[Shard]:
    """In input order, read as they are asked for."""
    prompts, length = read_prompts(settings), _shard_length(settings)
    rows = rows_of(settings)
    for number in count(1):
        if finished is None:
            shard = Shard(number, tuple(islice(prompts, length)))
        else:
            shard = _repeatable_shard(number, tuple(islice(rows, length)), settings, finished)
        if not shard.prompts and shard.finished is None:
            return
        yield shard


def _repeatable_shard(
    number: int, rows: Sequence[Row], settings: Settings, finished: FinishedShards
) -> Shard:
    key = finished.key(rows)
    found = finished.find(key)
    if found is not None:
        return Shard(number, (), finished=found)
    return Shard(number, tuple(_prompt(problem_of(row), settings) for row in rows), key)


def rows_of(settings: Settings) -> Iterator[Row]:
    return find_rows(problem_sources(settings), settings.num_episodes, part_of(settings))


def problem_sources(settings: Settings) -> tuple[str, ...]:
    return settings.problems or (str(bundled.problems_file()),)


def part_of(settings: Settings) -> Part:
    return Part(*map(int, settings.part.split("/"))) if settings.part else Part()


def _shard_length(settings: Settings) -> int:
    """In problems."""
    return max(1, settings.shard_size // settings.samples)


def quota_of(settings: Settings) -> Quota:
    return Quota(settings.samples, settings.accept)


def on_bad(settings: Settings) -> OnBad | None:
    return _pass_over if settings.skip_bad_records else None


def _pass_over(error: ProblemFileError) -> None:
    log.debug("%s", error)
