"""What can be found wrong before the provider is asked: settings, folders, sandbox, problems."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from pettingllms.engine import price_usd
from pettingllms.engine.preflight import of_setting
from pettingllms.engine.redis import REDIS_URL_ENV, is_shared
from pettingllms.errors import (
    CacheError,
    FatalError,
    OutputError,
    PackageError,
    SettingError,
    quoted,
    reason,
)
from pettingllms.export.deduplication import SeenAnswers
from pettingllms.export.pass_at_k import PassRate
from pettingllms.export.token_counts import load_tokenizer
from pettingllms.export.upload import check_destination
from pettingllms.files.atomic import check_writable
from pettingllms.files.descriptors import check_open_files
from pettingllms.files.locks import check_locks
from pettingllms.files.mounts import network_file_system
from pettingllms.files.room import check_room, nearest_there, why_unwritable
from pettingllms.judge import Limits, Sandbox, search
from pettingllms.judge.answer.rubric import load_rubric
from pettingllms.judge.answer.user_validator import load_user_validator
from pettingllms.judge.answer.validators import LengthBounds
from pettingllms.judge.assess import Rules
from pettingllms.judge.languages.programs import installed, missing_programs
from pettingllms.problems import FOR_COMPARISON, ProblemCount, Records, check_problems, look_again
from pettingllms.problems.privacy import HeldBack, HeldBackTally
from pettingllms.providers.config import parse_model, parse_tiers
from pettingllms.providers.credentials import NO_KEY
from pettingllms.providers.pricing import most_cost_usd, parse_price
from pettingllms.providers.wire.params import parse_params
from pettingllms.records import FunctionTests, Problem, Usage
from pettingllms.records.languages import LANGUAGES, PYTHON
from pettingllms.run.finished_shards import conditions_of, find_input, input_key
from pettingllms.run.lacking_libraries import LackingLibraries
from pettingllms.run.several_right import SeveralRight
from pettingllms.run.shards import (
    on_bad,
    opened,
    part_of,
    problem_sources,
    read_prompts,
    rules_of,
    shard_digests,
)
from pettingllms.run.turns import Prompt
from pettingllms.settings import REPLAY, Settings, check_needs, how_to_set
from pettingllms.utils.api_client import (
    APIConfig,
    canonical_api_type,
    client_class,
    require_sdk,
    resolve_config,
)
from pettingllms.utils.base_client import no_batches
from pettingllms.wording import counted

log = logging.getLogger(__name__)
_WALL_PER_CPU_SECOND = 3
OnRead = Callable[[int], None]
_BETWEEN_NEWS = 1_000
"""Problems: under a second's worth."""
_OTHER = f"Make it writable, or name another one with {how_to_set('cache_dir')}."


@dataclass(frozen=True, slots=True)
class Input:
    """The problems, looked through: how many there are, and what is held back of them."""

    count: ProblemCount
    held_back: HeldBack
    records: Records
    parsed: tuple[Prompt, ...] | None = None
    """All of them, where they are few and had to be looked through."""
    digests: tuple[str, ...] | None = None
    """Of each shard's records, where all are lines of files."""
    new_key: str | None = None
    """Where count and `held_back` can be kept, so that the next run need not look again."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Settings that can work on this machine: what is needed is there, the problems read."""

    settings: Settings
    config: APIConfig
    sandbox: Sandbox
    rules: Rules
    input: Input
    escalation: APIConfig | None = None
    """The stronger model's."""
    grader: APIConfig | None = None
    test_writer: APIConfig | None = None

    @property
    def samples(self) -> int:
        return self.input.count.problems * self.settings.samples

    def prompts(self) -> Iterable[Prompt]:
        """Every problem, in input order, parsed as it is asked for where it is not yet."""
        return self.input.parsed or read_prompts(self.settings, self.input.records)


def check(
    settings: Settings,
    api_key: str | None = None,
    on_read: OnRead | None = None,
    *,
    writes: bool = True,
) -> Checked:
    """Everything that can be found wrong without asking the provider; `on_read` is told how many
    problems have been read, now and then. Where it `writes` nothing, permissions alone tell whether
    something could be written.

    Raises: as `check_needs`, `check_provider`, `check_sharing`, `check_open_files`, `check_places`,
    `check_folders`, `SandboxSearch.found` and `check_input`.
    """
    check_needs(settings)
    config = check_provider(settings, api_key)
    check_sharing(settings)
    check_open_files(_connections(settings), how_to_set("max_concurrency"))
    check_places(settings)
    if writes:
        check_writable(settings.output_folder)
        check_folders(settings)
    else:
        look_at_folders(settings)
    sandbox = search(settings.judge_python)
    look_again()
    rules = _check_rules(settings)
    found = _read_input(settings, on_read)
    settings, asked = in_rounds(settings, found.count.problems), settings
    found = found if settings is asked else _read_input(settings, on_read)
    others = (
        _check_other(settings, settings.escalate, "escalate", config, api_key),
        _check_other(settings, settings.grader, "grader", config, api_key),
        _check_other(settings, settings.test_model, "test_model", config, api_key),
    )
    safest = sandbox.found(unsafe=settings.unsafe_sandbox)
    return Checked(settings, config, safest, rules, found, *others)


def _connections(settings: Settings) -> int:
    """At once, to all models; recorded answers need none."""
    models = (settings.api_type, settings.escalate, settings.grader, settings.test_model)
    return settings.max_concurrency * sum(model not in (None, REPLAY) for model in models)


def in_rounds(settings: Settings, problems: int) -> Settings:
    """Of two agents an episode takes the next problem, and after the last the first again: more
    episodes than problems are further samples, in whole rounds."""
    episodes = settings.num_episodes or 0
    if "test" not in settings.agents or not problems or episodes <= problems:
        return settings
    rounds, rest = divmod(episodes, problems)
    if rest:
        log.warning(
            "%d episodes are %d rounds through %d problems; the %d that are left over are not"
            " asked.", episodes, rounds, problems, rest,
        )  # fmt: skip
    changed = {"num_episodes": problems, "samples": settings.samples * rounds}
    return settings.model_copy(update=changed)


def _read_input(settings: Settings, on_read: OnRead | None) -> Input:
    """Raises: ProblemFileError, CacheError."""
    records = Records(problem_sources(settings))
    digests = shard_digests(settings, records)
    toolchains = (row.name for row in installed())
    conditions = conditions_of(settings, *toolchains)
    key = None if digests is None else input_key(digests, conditions)
    known = find_input(settings.cache_dir, key)
    if known is not None:
        count = ProblemCount(known.problems, known.with_tests, bad=0, kinds=known.kinds)
        return Input(count, known.held_back, records, digests=digests)
    found = _look_through(settings, records, on_read)
    return replace(found, digests=digests, new_key=None if found.count.bad else key)


def check_provider(settings: Settings, api_key: str | None = None) -> APIConfig:
    """Raises: MissingKeyError, KeyRefusedError, MissingSDKError, UnknownProviderError, and
    SettingError where the base URL is none, or a budget is set but no price is known.
    """
    config = resolve_config(
        api_type=settings.api_type or REPLAY,
        api_key=api_key,
        model=settings.model,
        base_url=settings.base_url,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout,
        params=parse_params(settings.params),
        thinking=settings.thinking,
        max_response_mb=settings.max_response_mb,
        tiers=parse_tiers(settings.tier),
        price=parse_price(settings.price) if settings.price else None,
    )
    require_sdk(config.api_type)
    if settings.batch and client_class(config.api_type).batch_class is None:
        raise no_batches(config.api_type)
    if settings.max_cost_usd is not None and config.model:
        price_usd(config, 1, 1)
    return config


def _check_other(
    settings: Settings, words: str | None, name: str, config: APIConfig, api_key: str | None
) -> APIConfig | None:
    """Of a second model, `PROVIDER:MODEL` or `PROVIDER:MODEL@URL`: its own key and limits, and its
    provider's URL, or that of the first model where it is the same provider. Further fields, levels
    of thinking, tiers and a price of the user's own are the first model's alone.

    Raises: as `check_provider`; SettingError where it is the first model.
    """
    if words is None:
        return None
    place, url = parse_model(words)
    try:
        provider, model = canonical_api_type(place[0]), place[1]
        is_same = provider == config.api_type
        other = resolve_config(
            api_type=provider,
            api_key=api_key if is_same or api_key == NO_KEY else None,
            model=model,
            base_url=url or (settings.base_url if is_same else None),
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            timeout=settings.timeout,
            max_response_mb=settings.max_response_mb,
        )
    except FatalError as error:
        raise of_setting(error, how_to_set(name)) from error
    if name == "escalate" and (provider, model) == (config.api_type, config.model):
        raise SettingError(
            f"escalate = {words!r} is the model that is asked first.",
            f"Name a stronger one with {how_to_set(name)}, or leave it out.",
        )
    require_sdk(provider)
    if settings.max_cost_usd is not None and most_cost_usd(other, Usage(1, 1)) is None:
        raise SettingError(
            f"The price list does not know {model!r} of {provider}, so what a request may cost"
            " cannot be told.",
            f"{how_to_set('price')} is of the model that is asked first. Name a known one with"
            f" {how_to_set(name)}, or leave out {how_to_set('max_cost_usd')}.",
        )
    return other


def check_sharing(settings: Settings) -> None:
    """Raises: MissingSDKError; SettingError, also where a budget has no name to share it by, or a
    name and nobody to share it with."""
    if settings.job is not None and not is_shared():
        raise SettingError(
            "job has no effect where no Redis is named: each machine would have a budget of its"
            " own.",
            f"Set {REDIS_URL_ENV}, or leave out {how_to_set('job')}.",
        )
    if is_shared() and settings.max_cost_usd is not None and settings.job is None:
        raise SettingError(
            "A budget that machines share has no name.",
            f"Name it with {how_to_set('job')}: the same in all parts of a job, and another for"
            " the next job.",
        )


def check_places(settings: Settings) -> None:
    """What can be said of the folders by a look. Raises: OutputError, CacheError, DiskFullError."""
    check_counted_here(settings)
    check_cached_here(settings.cache_dir)
    check_room(settings.output_folder, how_to_set("output_dir"))
    check_room(settings.cache_dir, how_to_set("cache_dir"))


def check_folders(settings: Settings) -> None:
    """That they can be written, or made. Raises: OutputError, CacheError, DiskFullError."""
    check_writable(nearest_there(settings.output_folder))
    check_cache_folder(settings.cache_dir)
    if settings.output_url is not None:
        check_destination(settings.output_url)


def look_at_folders(settings: Settings) -> None:
    """As `check_folders`, by their permissions alone. Raises: OutputError, CacheError."""
    if why := why_unwritable(settings.output_folder):
        remedy = f"Make it writable, or name another one with {how_to_set('output_dir')}."
        raise OutputError(f"{settings.output_folder} cannot be written: {why}.", remedy)
    if why := why_unwritable(settings.cache_dir):
        raise CacheError(f"The cache folder {settings.cache_dir} cannot be used: {why}.", _OTHER)


def check_cached_here(folder: Path) -> None:
    """In a folder, and on this machine: two that shared one would pay twice, or spoil it. Raises:
    CacheError."""
    if folder.is_file():
        raise CacheError(f"The cache folder {folder} cannot be used: it is a file.", _OTHER)
    if kind := network_file_system(folder):
        raise CacheError(
            f"The cache folder {folder} is on a network file system ({kind}), where neither its"
            " database nor its locks are safe.",
            f"Name a folder on a disk of this machine with {how_to_set('cache_dir')}; several"
            f" machines share answers through Redis ({REDIS_URL_ENV}).",
        )


def check_counted_here(settings: Settings) -> None:
    """What is spent is counted in the output folder, unless in Redis. Raises: OutputError."""
    if settings.max_cost_usd is None or is_shared():
        return
    if kind := network_file_system(settings.output_folder):
        raise OutputError(
            f"The output folder {settings.output_folder} is on a network file system ({kind}),"
            " where what a budget has left cannot be counted safely.",
            f"Name a folder on a disk of this machine with {how_to_set('output_dir')}; or count in"
            f" Redis: {REDIS_URL_ENV} and {how_to_set('job')}.",
        )


def check_cache_folder(folder: Path) -> None:
    """That it is one, or can be made, on a disk of this machine, and with the locks by which
    processes that share it know of each other. Raises: CacheError, DiskFullError."""
    check_cached_here(folder)
    place = nearest_there(folder)
    try:
        check_writable(place)
        check_locks(place)
    except OutputError as error:
        raise CacheError(
            f"The cache folder {folder} cannot be used: {error.message}", _OTHER
        ) from error
    except OSError as error:
        raise CacheError(
            f"The file system of {folder} has no locks between processes: {reason(error)}.",
            f"Name a folder on a disk of this machine with {how_to_set('cache_dir')}.",
        ) from error


def check_input(settings: Settings) -> Input:
    """The problems, and what answers are judged by. Raises: SettingError, ProblemFileError."""
    look_again()
    _check_rules(settings)
    return _look_through(settings, Records(problem_sources(settings)))


def _check_rules(settings: Settings) -> Rules:
    """Raises: SettingError, ProblemFileError."""
    rules = _rules(settings)
    _check_gates(settings)
    return rules


def _look_through(settings: Settings, records: Records, on_read: OnRead | None = None) -> Input:
    """Raises: ProblemFileError, PackageError."""
    tally, doubts = HeldBackTally(), (LackingLibraries(settings), SeveralRight())
    parsed: list[Prompt] = []
    numbers = count(1)

    def look(problem: Problem) -> None:
        number = next(numbers)
        if on_read is not None and number % _BETWEEN_NEWS == 0:
            on_read(number)
        for doubt in doubts:
            doubt.add(problem)
        problem, messages = opened(problem, settings)
        if problem.tests is not None or settings.write_tests is not None:
            check_language(problem)
        held_back = None if settings.allow_private else tally.add(problem, messages)
        if records.are_few:
            parsed.append(Prompt(problem, messages, held_back))

    found = check_problems(
        records,
        skip_bad=on_bad(settings),
        limit=settings.num_episodes,
        part=part_of(settings),
        rules=rules_of(settings),
        on_problem=look,
    )
    for doubt in doubts:
        doubt.say()
    is_first = part_of(settings).number == 1  # each part reads all records, but counts once
    found = replace(found, bad=found.bad if is_first else 0)
    return Input(found, tally.total, records, tuple(parsed) if records.are_few else None)


def check_language(problem: Problem) -> None:
    """Raises: PackageError where answers to the problem could not be compiled here, SettingError
    where its functions could not be called."""
    row = LANGUAGES[problem.language or PYTHON]
    if isinstance(problem.tests, FunctionTests) and row.name != PYTHON and not row.has_driver:
        able = ", ".join(each.title for each in LANGUAGES.values() if each.has_driver)
        raise SettingError(
            f"{problem.origin}: {quoted(problem.id)} calls a function, which can be done in Python,"
            f" {able}, and not in {row.title}.",
            "Write its tests as input and output, or name another --language.",
        )
    missing = missing_programs(row)
    if missing:
        newer = [each for each in row.toolchains if each.package]
        by_hand = "".join(f"put {each.program} ({each.oldest}) on PATH and: " for each in newer)
        raise PackageError(
            f"{problem.origin}: {quoted(problem.id)} is judged in {row.title}, and"
            f" {', '.join(missing)} is not installed here.",
            f"Run `make language-{row.name}`, or {by_hand}sudo apt install {row.common_packages}",
        )


def _rules(settings: Settings) -> Rules:
    """Raises: SettingError where the validator is none, or the rubric cannot be read."""
    own, rubric = settings.validator, settings.rubric
    return Rules(
        LengthBounds(settings.min_chars, settings.max_chars),
        load_user_validator(own) if own else None,
        load_rubric(rubric, settings.rubric_threshold) if rubric else None,
    )


def _check_gates(settings: Settings) -> None:
    """Raises: ProblemFileError, SettingError, MissingSDKError where a gate lacks what it needs."""
    _check_comparisons(settings)
    if settings.benchmarks:
        check_problems(settings.benchmarks, rules=FOR_COMPARISON)
    if settings.dedup is not None:
        SeenAnswers(settings.dedup)
    if settings.tokenizer is not None:
        load_tokenizer(settings.tokenizer)


def _check_comparisons(settings: Settings) -> None:
    """Raises: SettingError where rows need several answers to a problem, and too few are asked."""
    answers = settings.samples * settings.max_turns + (settings.escalate is not None)
    if settings.format == "preference" and answers == 1:
        raise SettingError(
            "format = preference pairs two answers to a problem, and one is asked for.",
            f"Set {how_to_set('samples')} or {how_to_set('max_turns')} higher.",
        )
    first = min(settings.samples, settings.accept or settings.samples)
    if settings.pass_rate and not PassRate.of(settings.pass_rate).can_hold(first):
        raise SettingError(
            f"pass_rate = {settings.pass_rate}, and no problem has such a share of"
            f" {counted(first, 'first answer')}.",
            f"Set {how_to_set('accept' if settings.accept else 'samples')} higher.",
        )


def limits_of(settings: Settings) -> Limits:
    """CPU time decides; the wall leaves room for a busy machine."""
    cpu_seconds = settings.judge_cpu_seconds
    return Limits(
        cpu_seconds=cpu_seconds,
        wall_seconds=cpu_seconds * _WALL_PER_CPU_SECOND,
        memory_mb=settings.judge_memory_mb,
        time_factor=settings.time_factor,
    )
