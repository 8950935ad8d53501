"""The problems of a run, as shards, read as they are asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, starmap
from typing import cast

from pettingllms.errors import ProblemFileError, SettingError
from pettingllms.problems import (
    OnBad,
    ReadingRules,
    Records,
    Row,
    bundled,
    digest_of,
    find_rows,
    problem_of,
    read_problems,
)
from pettingllms.problems.mapping import FieldMap
from pettingllms.problems.metadata import MetadataRule
from pettingllms.problems.privacy import why_held_back
from pettingllms.problems.template import PromptTemplate, PromptTemplateError
from pettingllms.problems.where import Where
from pettingllms.records import Message, Part, Problem, Quota
from pettingllms.run import prompts
from pettingllms.run.finished_shards import FinishedShard, FinishedShards
from pettingllms.run.turns import NextTurn, Prompt
from pettingllms.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shard:
    """Problems that go through the steps together, each with all its samples. `digest` is of the
    records, where it matters."""

    number: int
    prompts: tuple[Prompt, ...]
    digest: str | None = None


def first_turns(prompts: Iterable[Prompt], settings: Settings) -> Iterator[NextTurn]:
    """Of every sample of every problem that may be sent, in input order."""
    for prompt in prompts:
        if prompt.held_back is not None:
            continue
        for sample in range(settings.samples):
            yield NextTurn(prompt.problem, sample, prompt.messages)


def read_prompts(settings: Settings, records: Records | None = None) -> Iterator[Prompt]:
    """Every problem of this run, in input order; records that do not read are passed over where
    the settings say so."""
    for problem in published_problems(settings, records):
        yield _prompt(problem, settings, is_public=settings.allow_private)


def published_problems(settings: Settings, records: Records | None = None) -> Iterator[Problem]:
    """The same, as they were published."""
    return read_problems(
        records or problem_sources(settings),
        skip_bad=on_bad(settings),
        limit=settings.num_episodes,
        part=part_of(settings),
        rules=rules_of(settings),
    )


def _prompt(problem: Problem, settings: Settings, *, is_public: bool) -> Prompt:
    problem, messages = opened(problem, settings)
    return Prompt(problem, messages, None if is_public else why_held_back(problem, messages))


def opened(problem: Problem, settings: Settings) -> tuple[Problem, tuple[Message, ...]]:
    """The problem as it is asked, and the messages that ask it first."""
    problem = prompts.with_language(problem, settings.language)
    return problem, prompts.first_turn(problem, settings.system_prompt)


def shards_of_prompts(prompts: Iterable[Prompt], settings: Settings) -> Iterator[Shard]:
    """In input order, read as they are asked for."""
    prompts, length = iter(prompts), _shard_length(settings)
    batches = iter(lambda: tuple(islice(prompts, length)), ())
    return starmap(Shard, enumerate(batches, start=1))


def known_shards(
    settings: Settings,
    records: Records,
    digests: Sequence[str],
    finished: FinishedShards,
    *,
    are_public: bool,
) -> Iterator[Shard | FinishedShard]:
    """The same, of records that have been read once: those of a finished shard are passed over.
    Where all `are_public`, they are not looked through again, unless they have changed."""
    rows, length, passed = _rows_of(settings, records), _shard_length(settings), 0
    rules = rules_of(settings)
    for number, digest in enumerate(digests, start=1):
        found = finished.find(number, digest)
        if found is not None:
            passed += length
            yield found
            continue
        batch = tuple(islice(rows, passed, passed + length))
        # The file may have changed since it was looked through.
        passed, found_now = 0, digest_of(batch)
        is_public = settings.allow_private or (are_public and found_now == digest)
        problems = (problem_of(record, rules) for record in batch)
        prompts = tuple(_prompt(problem, settings, is_public=is_public) for problem in problems)
        yield Shard(number, prompts, found_now)


def with_finished(
    shards: Iterable[Shard], digests: Sequence[str], finished: FinishedShards
) -> Iterator[Shard | FinishedShard]:
    """`shards`, or what an earlier run has made of them."""
    for shard, digest in zip(shards, digests, strict=True):
        found = finished.find(shard.number, digest)
        yield found or replace(shard, digest=digest)


def shard_digests(settings: Settings, records: Records) -> tuple[str, ...] | None:
    """Of each shard's records, in input order; None where one is no line of a file, or where it
    takes more than the records to say which of them are in a shard."""
    if settings.where is not None:
        return None
    rows, length = _rows_of(settings, records), _shard_length(settings)
    batches = iter(lambda: tuple(islice(rows, length)), ())
    digests = tuple(map(digest_of, batches))
    return None if None in digests else cast("tuple[str, ...]", digests)


def _rows_of(settings: Settings, records: Records) -> Iterator[Row]:
    return find_rows(records, settings.num_episodes, part_of(settings))


def problem_sources(settings: Settings) -> tuple[str, ...]:
    return settings.problems or (str(bundled.problems_file()),)


def rules_of(settings: Settings) -> ReadingRules:
    """Raises: SettingError where the template cannot be read."""
    return ReadingRules(
        fields=FieldMap.of(settings.map) if settings.map else None,
        template=_template_of(settings),
        allows_untested=settings.untested,
        ids_by_line=settings.ids == "by-line",
        metadata=MetadataRule.of(settings.metadata),
        where=Where.of(settings.where) if settings.where else None,
    )


def _template_of(settings: Settings) -> PromptTemplate | None:
    if settings.prompt_template is None:
        return None
    try:
        return PromptTemplate.read(settings.prompt_template)
    except OSError as error:
        said = f"The template {settings.prompt_template} cannot be read: {error.strerror}."
        raise SettingError(said, "Check --prompt-template.") from error
    except PromptTemplateError as error:
        raise SettingError(
            f"The template is none: {error}.",
            "Write the prompt with the record's fields in {{ braces }}, as jinja has it.",
        ) from error


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
