"""A run's parts, opened in the order that finds mistakes before money is spent."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    closing,
)
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pettingllms.agreement import parse_rule
from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Budget, Engine, FileLedger, Miss, with_model
from pettingllms.engine.redis import Connection, SharedLedger, connected
from pettingllms.export import RunFiles
from pettingllms.export.formats import FORMATS
from pettingllms.judge import Judge
from pettingllms.judge.known_verdicts import KnownVerdicts
from pettingllms.problems import bundled
from pettingllms.records import Message
from pettingllms.run.agreeing import SecondAgent, turns_of_writer
from pettingllms.run.check import Checked, limits_of
from pettingllms.run.collection import Collection, shards_of
from pettingllms.run.finished_shards import FinishedShards, KnownInput, conditions_of
from pettingllms.run.journal import RunJournal, RunMark, output_name, take_batches
from pettingllms.run.rollout import Rollouts
from pettingllms.run.shards import Shard, quota_of
from pettingllms.run.write import row_form
from pettingllms.settings import REPLAY, Settings, how_to_set
from pettingllms.utils.api_client import APIConfig

log = logging.getLogger(__name__)
LEDGER = "spending.db"


@asynccontextmanager
async def open_collection(
    checked: Checked, run_id: str, engine_class: type[Engine] | None = None
) -> AsyncGenerator[Collection]:
    """Open the parts, ask the provider whether it can answer, and only then make files.

    Raises: what `Engine.verify` raises, when something has to be sent; CacheError, OutputError.
    """
    settings = checked.settings
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(open_engines(checked, run_id, engine_class))
        engine = engines.first
        finished = None
        if engine_class is None and can_be_repeated(checked):
            finished = finished_shards(checked, engines)
            stack.callback(finished.close)
        if await _has_to_send(engine, checked, finished):
            for each in engines.all:
                await each.verify()
        judge = await stack.enter_async_context(open_judge(checked))
        files = RunFiles.create(
            settings.output_folder,
            datetime.now(UTC),
            FORMATS[settings.format].suffix,
            settings.output_url,
        )
        journal = None
        if engine_class is None:
            journal = _journal(stack, engines, settings, files)
        rollouts = rollouts_of(checked, engines, judge)
        problems = checked.input
        if problems.held_back.problems:
            log.warning("%s", problems.held_back)
        if finished is not None and problems.new_key is not None:
            count = problems.count
            known = KnownInput(
                count.problems, count.with_tests, problems.held_back, dict(count.kinds)
            )
            await finished.keep_input(problems.new_key, known)
        collection = Collection(checked, rollouts, files, finished, journal)
        stack.push_async_callback(collection.stop_asking)
        yield collection


def _second_agent(settings: Settings, engines: Engines, judge: KnownVerdicts) -> SecondAgent | None:
    if settings.write_tests is None:
        return None
    return SecondAgent(
        engines.test_writer or engines.first,
        judge,
        settings.write_tests,
        parse_rule(settings.agreement),
        settings.samples if "test" in settings.agents else None,
        turns_of_writer(settings.max_turns),
    )


def _journal(
    stack: AsyncExitStack, engines: Engines, settings: Settings, files: RunFiles
) -> RunJournal:
    """The run is in it, and has taken over the bills of its batches, and of runs that were killed.
    Raises: CacheError."""
    engine, cache = engines.first, engines.first.cache
    journal = RunJournal(settings.cache_dir)
    stack.callback(journal.close)
    output = output_name(settings)
    stats = str(files.stats.absolute())
    journal.begin(RunMark(engine.run_id, output, stats, cache.last_row()))
    configs = [each.config for each in engines.all]
    for mark, bill in journal.take_over(cache, configs):
        engine.account.take_over(mark.owners, bill)
        log.warning(
            "A run into %s was killed before it wrote its bill: %d answers, $%.4f. They are on"
            " this run's bill now, and it uses them.", mark.output, bill.answers, bill.usd,
        )  # fmt: skip
    engine.account.take_over(*take_batches(journal, cache, output, configs))
    return journal


def rollouts_of(checked: Checked, engines: Engines, judge: KnownVerdicts) -> Rollouts:
    settings = checked.settings
    return Rollouts(
        engines.first,
        judge,
        quota_of(settings),
        settings.max_turns,
        checked.rules,
        settings.feedback,
        engines.escalation,
        engines.grader,
        _second_agent(settings, engines, judge),
    )


@asynccontextmanager
async def open_judge(checked: Checked) -> AsyncGenerator[KnownVerdicts]:
    settings = checked.settings
    keep = settings.cache_dir / "toolchains"
    async with Judge(
        checked.sandbox, limits_of(settings), keep=keep, strict=settings.strict_judge
    ) as judge:
        with closing(KnownVerdicts(judge, settings.cache_dir / "verdicts")) as known:
            yield known


@dataclass(frozen=True, slots=True)
class Engines:
    """One for each model of a run, over one cache and one budget; each with its own key, limits
    and price."""

    first: Engine
    escalation: Engine | None = None
    grader: Engine | None = None
    test_writer: Engine | None = None

    @property
    def all(self) -> tuple[Engine, ...]:
        models = (self.first, self.escalation, self.grader, self.test_writer)
        return tuple(filter(None, models))


@asynccontextmanager
async def open_engine(checked: Checked, run_id: str) -> AsyncGenerator[Engine]:
    """That of the model that is asked first. Raises: as `open_engines`."""
    async with open_engines(checked, run_id) as engines:
        yield engines.first


@asynccontextmanager
async def open_engines(
    checked: Checked, run_id: str, engine_class: type[Engine] | None = None
) -> AsyncGenerator[Engines]:
    """The engines over their cache and, where there is one, their budget. Sends nothing by itself,
    but asks a local server which model it has.

    Raises: CacheError, OutputError; UnreachableError.
    """
    settings = checked.settings
    async with AsyncExitStack() as stack:
        cache = ResponseCache(settings.cache_dir)
        stack.callback(cache.close)
        config = await with_model(_with_replay(checked, stack))
        redis = await stack.enter_async_context(connected())
        budget = _budget(settings, stack, redis)

        def engine_of(config: APIConfig) -> Engine:
            engine = (engine_class or Engine)(
                config, cache, run_id, settings.max_concurrency, budget=budget, redis=redis
            )
            stack.push_async_callback(engine.aclose)
            return engine

        def other(config: APIConfig | None, name: str) -> Engine | None:
            engine = None if config is None else engine_of(config)
            if engine is not None:
                engine.setting = how_to_set(name)
            return engine

        engines = Engines(
            engine_of(config),
            other(checked.escalation, "escalate"),
            other(checked.grader, "grader"),
            other(checked.test_writer, "test_model"),
        )
        for engine in engines.all:
            engine.account = engines.first.account
        yield engines


async def _has_to_send(engine: Engine, checked: Checked, finished: FinishedShards | None) -> bool:
    """Whether something of the first shard's first wave is missing."""
    first = next(shards_of(checked, finished), None)
    if not isinstance(first, Shard):
        return False
    prompts = [prompt for prompt in first.prompts if prompt.held_back is None]
    wave = quota_of(checked.settings).wave()
    found = await engine.recall([(prompt.messages, n) for prompt in prompts for n in wave])
    return any(isinstance(answer, Miss) for answer in found)


def can_be_repeated(checked: Checked) -> bool:
    """Whether what becomes of a shard follows from what is known before it is read."""
    rules, problems = checked.rules, checked.input
    is_known = problems.digests is not None and not problems.count.bad
    return is_known and rules.user_validator is None and rules.rubric is None


def finished_shards(checked: Checked, engines: Engines) -> FinishedShards:
    """Raises: CacheError."""
    settings, engine = checked.settings, engines.first
    asks = "".join(each.key([Message(role="user", content="")]) for each in engines.all)
    judges = Judge(checked.sandbox, limits_of(settings), strict=settings.strict_judge).name
    return FinishedShards(
        settings.cache_dir,
        conditions_of(settings, asks, judges),
        row_form(settings),
        engine.run_id,
        billed=engine.account.taken_over,
    )


def _with_replay(checked: Checked, stack: AsyncExitStack) -> APIConfig:
    """For the replay provider: its server on loopback as the base URL, started once somebody asks
    it."""
    config = checked.config
    if config.api_type != REPLAY or config.base_url:
        return config
    loop, opened = asyncio.get_running_loop(), stack.enter_context(ExitStack())
    listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    host, port = listener.getsockname()

    waiting = opened.enter_context(ExitStack())

    def start() -> None:
        waiting.close()
        opened.enter_context(_replaying(checked, listener))

    loop.add_reader(listener, start)
    waiting.callback(loop.remove_reader, listener)
    return replace(config, base_url=f"http://{host}:{port}/v1")


def _replaying(checked: Checked, listener: socket.socket) -> AbstractContextManager[object]:
    from pettingllms.simulator import (  # noqa: PLC0415 - a whole HTTP server
        RecordedAnswers,
        Simulator,
        SimulatorThread,
    )

    problems = (prompt.problem for prompt in checked.prompts())
    answers = RecordedAnswers(problems, bundled.recorded_answers_file())
    return SimulatorThread(Simulator(answers, models=(checked.config.model,), listener=listener))


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
