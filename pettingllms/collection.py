"""A collection run: its parts, opened in the order that finds mistakes before money is spent.

Knows no Prefect: `flows` decides what runs when, and shows it. There is no resume code; the
response cache is the resume.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count, islice

from pettingllms import bundled, prompting
from pettingllms.cache import ResponseCache
from pettingllms.disk import check_room
from pettingllms.dispatch import Traffic
from pettingllms.engine import Budget, Engine, FileLedger, Miss, price_usd, with_model
from pettingllms.errors import (
    ExitCode,
    FatalError,
    OutputError,
    ProblemFileError,
    SettingError,
    TransientError,
)
from pettingllms.export import (
    AttemptWriter,
    RunFiles,
    RunInfo,
    Stats,
    Tally,
    check_writable,
)
from pettingllms.export.delivery import check_destination, deliver
from pettingllms.export.duplicates import SeenAnswers
from pettingllms.export.formats import FORMATS
from pettingllms.exporting import write_export
from pettingllms.finished_shards import (
    FinishedShard,
    FinishedShards,
    KnownInput,
    conditions_of,
    find_input,
    input_key,
)
from pettingllms.in_parallel import in_parallel
from pettingllms.judge import Judge, Limits, Sandbox, find_sandbox
from pettingllms.judge.assess import Rules
from pettingllms.judge.rubric import load_rubric
from pettingllms.judge.user_validator import load_user_validator
from pettingllms.judge.validators import LengthBounds
from pettingllms.privacy import HeldBack, HeldBackTally, why_held_back
from pettingllms.problems import (
    OnBad,
    ProblemCount,
    Row,
    check_problems,
    find_rows,
    look_again,
    problem_of,
    read_problems,
)
from pettingllms.progress import Progress
from pettingllms.records import Attempt, Message, Part, Problem, Quota
from pettingllms.rollout import Answers, Opening, Prompt, Rollout, Rollouts
from pettingllms.settings import REPLAY, Settings, how_to_set
from pettingllms.sharing import Connection, SharedLedger, connected, is_shared
from pettingllms.simulator import RecordedAnswers, Simulator, SimulatorThread
from pettingllms.utils.api_client import APIConfig, require_sdk, resolve_config
from pettingllms.verdicts import KnownVerdicts
from pettingllms.versions import versions

log = logging.getLogger(__name__)

INTERRUPTED = "interrupted"
LEDGER = "spending.db"
_WALL_PER_CPU_SECOND = 3


class OutageError(TransientError):
    """Some rows of a shard are still unanswered after all retries; worth another try later."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Problems that go through the steps together, each with all its samples; or, of a shard that
    an earlier run has `finished`, what came of it. `key` is where it is kept."""

    number: int
    prompts: tuple[Prompt, ...]
    key: str | None = None
    finished: FinishedShard | None = None


ShardAnswers = tuple[Answers, ...]
"""The first answers to each of a shard's problems, in their order."""
Attempts = tuple[Attempt, ...]
"""A shard's attempts in the order of its problems: a sample's turns lie side by side."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a finished run leaves: its stats, its files, and what stopped it or kept its files
    from their URL, if anything."""

    stats: Stats
    files: RunFiles
    stopped_by: FatalError | None = None
    not_delivered: OutputError | None = None

    @property
    def errors(self) -> tuple[FatalError, ...]:
        return tuple(filter(None, (self.stopped_by, self.not_delivered)))

    @property
    def exit_code(self) -> int:
        if self.errors:
            return self.errors[0].exit_code
        if not self.stats.exported:
            return ExitCode.NOTHING_KEPT
        return ExitCode.PARTIAL if self.stats.failed else ExitCode.COMPLETE


class Collection:
    """An open run. Per shard: `generate`, then `validate`, then `write`, in shard order; of one
    that is `finished`, only `write`."""

    def __init__(
        self,
        checked: Checked,
        rollouts: Rollouts,
        files: RunFiles,
        finished: FinishedShards | None = None,
    ) -> None:
        self.settings = checked.settings
        self.progress = Progress(checked.problems.problems, checked.samples)
        self._samples_planned = checked.samples
        self._bad_records = checked.problems.bad
        self._rollouts = rollouts
        self._engine = rollouts.engine
        self._files = files
        self._finished = finished
        self._writer = AttemptWriter(files.attempts)
        self._tally = Tally(rollouts.quota)
        self._started = datetime.now(UTC)

    @property
    def traffic(self) -> Traffic:
        """What goes to the provider, and how fast."""
        return self._engine.traffic

    def shards(self) -> Iterator[Shard]:
        """Every shard in input order, read as it is asked for; none after a fatal error."""
        for shard in _shards(self.settings, self._finished):
            if self._engine.stopped_by is not None:
                return
            yield shard

    async def generate(self, shard: Shard, *, is_last_try: bool = True) -> ShardAnswers:
        """Answer the first turns. Raises: OutageError where another try may bring more."""
        recalled = await self._rollouts.recall(shard.prompts)
        answers = await in_parallel(self._open, [*zip(shard.prompts, recalled, strict=True)])
        asked = list(chain.from_iterable(answers))
        unanswered = [answer for answer in asked if answer.is_worth_asking_again]
        if unanswered and not is_last_try and self._engine.stopped_by is None:
            self.progress.answered -= len(asked)
            raise OutageError(
                f"{len(unanswered)} of {len(asked)} requests are unanswered."
                f" The first: {unanswered[0].error}"
            )
        return tuple(answers)

    async def validate(self, shard: Shard, answers: ShardAnswers) -> Attempts:
        """Judge the answers, and take the turns and samples that follow from the verdicts."""
        finished = await in_parallel(self._finish, [*zip(shard.prompts, answers, strict=True)])
        return tuple(chain.from_iterable(finished))

    async def write(self, shard: Shard, attempts: Attempts = ()) -> None:
        """Append the shard's attempts, durably. Raises: OutputError, DiskFullError, CacheError."""
        if shard.finished is not None:
            await asyncio.to_thread(self._write_again, shard.finished)
            return
        await asyncio.to_thread(self._write, attempts)
        if self._finished is not None:
            await self._finished.keep(shard.key, attempts)

    def _write(self, attempts: Attempts) -> None:
        self._writer.write(attempts)
        self._tally.add(attempts)

    def _write_again(self, finished: FinishedShard) -> None:
        self._writer.write_lines(finished.lines)
        self._tally.add_kept(finished.counts)
        self.progress.add_kept(finished.counts)

    def finish(self, stopped_by: str | None = None) -> Report:
        """Write the SFT file and the stats from the attempts, and deliver them. `stopped_by` says
        what ended the run early, where it was not the engine. Raises: OutputError, DiskFullError.
        """
        self._writer.close()
        files, fatal = self._files, self._engine.stopped_by
        run = self._run_info(stopped_by or (fatal and fatal.message))
        stats = write_export(files.attempts, files, run, self.settings, self._tally)
        try:
            if files.destination is not None:
                deliver(files.output_dir, files.destination)
        except OutputError as error:
            return Report(stats, replace(files, destination=None), fatal, error)
        return Report(stats, files, fatal)

    async def _open(self, recalled: tuple[Prompt, Opening]) -> Answers:
        answers = await self._rollouts.open(*recalled)
        self.progress.answered += len(answers)
        return answers

    async def _finish(self, opened: tuple[Prompt, Answers]) -> Attempts:
        prompt, answers = opened
        samples = await self._rollouts.finish(prompt, answers)
        attempts = tuple(chain.from_iterable(samples))
        self.progress.answered += len(samples) - len(answers)
        self.progress.samples -= self._rollouts.quota.samples - len(samples)
        self.progress.add_problem(samples)
        return attempts

    def _run_info(self, stopped_by: str | None) -> RunInfo:
        now = datetime.now(UTC)
        return RunInfo(
            run_id=self._engine.run_id,
            started_at=self._started.isoformat(timespec="seconds"),
            finished_at=now.isoformat(timespec="seconds"),
            wall_s=(now - self._started).total_seconds(),
            settings=self.settings.model_dump(mode="json"),
            versions=versions(),
            samples_planned=self._samples_planned,
            quota=self._rollouts.quota,
            stopped_by=stopped_by,
            bad_records=self._bad_records,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """Settings that can work on this machine: what is needed is there, the problems read."""

    settings: Settings
    config: APIConfig
    sandbox: Sandbox
    problems: ProblemCount
    rules: Rules
    held_back: HeldBack
    new_input: str | None = None
    """Where the counts of the problems can be kept, so that they need not be read again."""

    @property
    def samples(self) -> int:
        return self.problems.problems * self.settings.samples


def check(settings: Settings, api_key: str | None = None) -> Checked:
    """Everything that can be found wrong without asking the provider.

    Raises: as `check_provider`, `check_sharing`, `check_folders`, `find_sandbox` and
    `check_input`.
    """
    config = check_provider(settings, api_key)
    check_sharing(settings)
    check_folders(settings)
    sandbox = find_sandbox(unsafe=settings.unsafe_sandbox)
    look_again()
    rules = _check_rules(settings)
    key = input_key(_rows(settings), conditions_of(settings))
    known = find_input(settings.cache_dir, key)
    if known is not None:
        count = ProblemCount(known.problems, known.with_tests, bad=0)
        return Checked(settings, config, sandbox, count, rules, known.held_back)
    count, held_back = _check_problems(settings)
    new_input = None if count.bad else key
    return Checked(settings, config, sandbox, count, rules, held_back, new_input)


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
    )
    require_sdk(config.api_type)
    if settings.max_cost_usd is not None and config.model:
        price_usd(config, 1, 1)
    return config


def check_sharing(settings: Settings) -> None:
    """Raises: MissingSDKError; SettingError, also where a budget has no name to share it by."""
    if is_shared() and settings.max_cost_usd is not None and settings.job is None:
        raise SettingError(
            "A budget that machines share has no name.",
            f"Name it with {how_to_set('job')}: the same in all parts of a job, and another for"
            " the next job.",
        )


def check_folders(settings: Settings) -> None:
    """Raises: OutputError, DiskFullError."""
    check_writable(settings.output_folder)
    check_room(settings.output_folder, how_to_set("output_dir"))
    check_room(settings.cache_dir, how_to_set("cache_dir"))
    if settings.output_url is not None:
        check_destination(settings.output_url)


def check_input(settings: Settings) -> tuple[Rules, ProblemCount, HeldBack]:
    """What answers are judged by, and the problems. Raises: SettingError, ProblemFileError."""
    look_again()
    return _check_rules(settings), *_check_problems(settings)


def _check_rules(settings: Settings) -> Rules:
    """Raises: SettingError, ProblemFileError."""
    rules = _rules(settings)
    _check_gates(settings)
    return rules


def _check_problems(settings: Settings) -> tuple[ProblemCount, HeldBack]:
    """Raises: ProblemFileError."""
    tally = HeldBackTally()

    def look(problem: Problem) -> None:
        tally.add(problem, prompting.opening(problem, settings.system_prompt))

    count = check_problems(
        problem_sources(settings),
        skip_bad=on_bad(settings),
        limit=settings.num_episodes,
        part=part_of(settings),
        on_problem=None if settings.allow_private else look,
    )
    is_first = part_of(settings).number == 1  # each part reads all records, but counts once
    return replace(count, bad=count.bad if is_first else 0), tally.total


@asynccontextmanager
async def open_collection(
    checked: Checked, run_id: str, engine_class: type[Engine] | None = None
) -> AsyncGenerator[Collection]:
    """Open the parts, ask the provider whether it can answer, and only then make files.

    Raises: what `Engine.verify` raises, when something has to be sent; CacheError, OutputError.
    """
    settings = checked.settings
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(open_engine(checked, run_id, engine_class))
        finished = None
        if engine_class is None and _can_be_repeated(checked):
            finished = _finished_shards(checked, engine)
            stack.callback(finished.close)
        if await _has_to_send(engine, settings, finished):
            await engine.verify()
        judge = await stack.enter_async_context(_open_judge(checked))
        files = RunFiles.create(
            settings.output_folder,
            datetime.now(UTC),
            FORMATS[settings.format].suffix,
            settings.output_url,
        )
        rollouts = Rollouts(engine, judge, _quota(settings), settings.max_turns, checked.rules)
        if checked.held_back.problems:
            log.warning("%s", checked.held_back)
        if finished is not None and checked.new_input is not None:
            problems = checked.problems
            known = KnownInput(problems.problems, problems.with_tests, checked.held_back)
            await finished.keep_input(checked.new_input, known)
        yield Collection(checked, rollouts, files, finished)


@asynccontextmanager
async def _open_judge(checked: Checked) -> AsyncGenerator[KnownVerdicts]:
    settings = checked.settings
    async with Judge(checked.sandbox, limits_of(settings)) as judge:
        with closing(KnownVerdicts(judge, settings.cache_dir / "verdicts")) as known:
            yield known


@asynccontextmanager
async def open_engine(
    checked: Checked, run_id: str, engine_class: type[Engine] | None = None
) -> AsyncGenerator[Engine]:
    """The engine over its cache and, where there is one, its budget. Sends nothing by itself,
    but asks a local server which model it has.

    Raises: CacheError, OutputError; UnreachableError.
    """
    settings = checked.settings
    async with AsyncExitStack() as stack:
        cache = ResponseCache(settings.cache_dir)
        stack.callback(cache.close)
        config = await with_model(_with_replay(checked.config, settings, stack))
        redis = await stack.enter_async_context(connected())
        budget = _budget(settings, stack, redis)
        engine = (engine_class or Engine)(
            config, cache, run_id, settings.max_concurrency, budget=budget, redis=redis
        )
        stack.push_async_callback(engine.aclose)
        yield engine


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


def _shards(settings: Settings, finished: FinishedShards | None) -> Iterator[Shard]:
    """In input order, read as they are asked for."""
    prompts, length = read_prompts(settings), _shard_length(settings)
    rows = _rows(settings)
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


def _rows(settings: Settings) -> Iterator[Row]:
    return find_rows(problem_sources(settings), settings.num_episodes, part_of(settings))


def problem_sources(settings: Settings) -> tuple[str, ...]:
    return settings.problems or (str(bundled.problems_file()),)


def part_of(settings: Settings) -> Part:
    return Part(*map(int, settings.part.split("/"))) if settings.part else Part()


async def _has_to_send(engine: Engine, settings: Settings, finished: FinishedShards | None) -> bool:
    """Whether something of the first shard's first wave is missing."""
    first = next(_shards(settings, finished), None)
    prompts = [prompt for prompt in first.prompts if prompt.held_back is None] if first else []
    wave = _quota(settings).wave()
    found = await engine.recall([(prompt.messages, n) for prompt in prompts for n in wave])
    return any(isinstance(answer, Miss) for answer in found)


def _can_be_repeated(checked: Checked) -> bool:
    """Whether what becomes of a shard follows from what is known before it is read."""
    rules = checked.rules
    return not checked.problems.bad and rules.user_validator is None and rules.rubric is None


def _finished_shards(checked: Checked, engine: Engine) -> FinishedShards:
    """Raises: CacheError."""
    settings = checked.settings
    asks = engine.key([Message(role="user", content="")])
    judges = Judge(checked.sandbox, limits_of(settings)).name
    conditions = conditions_of(settings, asks, judges)
    return FinishedShards(settings.cache_dir, conditions, engine.run_id, _quota(settings))


def _shard_length(settings: Settings) -> int:
    """In problems."""
    return max(1, settings.shard_size // settings.samples)


def _quota(settings: Settings) -> Quota:
    return Quota(settings.samples, settings.accept)


def _with_replay(config: APIConfig, settings: Settings, stack: AsyncExitStack) -> APIConfig:
    """For the replay provider: its server, started on loopback, as the base URL."""
    if config.api_type != REPLAY or config.base_url:
        return config
    problems = read_problems(problem_sources(settings), skip_bad=on_bad(settings))
    answers = RecordedAnswers(problems, bundled.recorded_answers_file())
    simulator = stack.enter_context(SimulatorThread(Simulator(answers, models=(config.model,))))
    return replace(config, base_url=simulator.base_url)


def _budget(settings: Settings, stack: AsyncExitStack, redis: Connection | None) -> Budget | None:
    """The ledger is of the job, where it has a name and machines share; else of the output
    folder: a fresh folder is a fresh budget."""
    if settings.max_cost_usd is None:
        return None
    if redis is not None and settings.job is not None:
        return Budget(SharedLedger(redis, settings.job), settings.max_cost_usd)
    ledger = FileLedger(settings.output_folder / LEDGER)
    stack.callback(ledger.close)
    return Budget(ledger, settings.max_cost_usd)


def _rules(settings: Settings) -> Rules:
    """Raises: SettingError where the validator is none, or the rubric cannot be read."""
    own, rubric = settings.validator, settings.rubric
    return Rules(
        LengthBounds(settings.min_chars, settings.max_chars),
        load_user_validator(own) if own else None,
        load_rubric(rubric, settings.rubric_threshold) if rubric else None,
    )


def _check_gates(settings: Settings) -> None:
    """Raises: ProblemFileError, SettingError where a gate lacks what it needs."""
    if settings.benchmarks:
        check_problems(settings.benchmarks)
    if settings.dedup is not None:
        SeenAnswers(settings.dedup)


def limits_of(settings: Settings) -> Limits:
    """CPU time decides; the wall leaves room for a busy machine."""
    cpu_seconds = settings.judge_cpu_seconds
    return Limits(
        cpu_seconds=cpu_seconds,
        wall_seconds=cpu_seconds * _WALL_PER_CPU_SECOND,
        memory_mb=settings.judge_memory_mb,
    )


def on_bad(settings: Settings) -> OnBad | None:
    return _pass_over if settings.skip_bad_records else None


def _pass_over(error: ProblemFileError) -> None:
    log.debug("%s", error)
