"""A collection run: its parts, opened in the order that finds mistakes before money is spent.

Knows no Prefect: `flows` decides what runs when, and shows it. There is no resume code; the
response cache is the resume.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from pettingllms import bundled, prompting
from pettingllms.cache import ResponseCache
from pettingllms.engine import Answer, Engine
from pettingllms.errors import MissingKeyError, ProblemFileError, TransientError
from pettingllms.export import (
    AttemptWriter,
    RunFiles,
    RunInfo,
    Stats,
    atomic_write,
    compute_stats,
    iter_attempts,
    sft_lines,
    stats_json,
)
from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.problems import check_problems, read_problems
from pettingllms.records import Attempt
from pettingllms.rollout import Rollout, Rollouts
from pettingllms.settings import REPLAY, Settings
from pettingllms.simulator import RecordedAnswers, SimulatorThread
from pettingllms.utils.api_client import (
    APIConfig,
    BaseAPIClient,
    client_class,
    create_api_client,
    first_model,
    resolve_config,
)
from pettingllms.versions import versions

log = logging.getLogger(__name__)


class OutageError(TransientError):
    """Some rows of a shard are still unanswered after all retries; worth another try later."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Rollouts that go through the steps together."""

    number: int
    rollouts: tuple[Rollout, ...]


Answers = tuple[Answer, ...]
"""A shard's first answers, in the order of its rollouts."""
Attempts = tuple[Attempt, ...]
"""A shard's attempts: each rollout's turns side by side, in the order of its rollouts."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a finished run leaves: its stats, its files, and what stopped it, if anything."""

    stats: Stats
    files: RunFiles
    stopped_by: FatalError | None = None

    @property
    def exit_code(self) -> int:
        if self.stopped_by is not None:
            return self.stopped_by.exit_code
        if not self.stats.accepted:
            return ExitCode.NOTHING_KEPT
        return ExitCode.PARTIAL if self.stats.failed else ExitCode.COMPLETE


class Collection:
    """An open run. Per shard: `generate`, then `validate`, then `write`, in shard order."""

    def __init__(self, settings: Settings, rollouts: Rollouts, files: RunFiles, size: Size) -> None:
        self.settings = settings
        self.size = size
        self.tally: Counter[str] = Counter()
        self._rollouts = rollouts
        self._engine = rollouts.engine
        self._files = files
        self._writer = AttemptWriter(files.attempts)
        self._started = datetime.now(UTC)

    def shards(self) -> Iterator[Shard]:
        """Every shard in input order, read as it is asked for; none after a fatal error."""
        rollouts = read_rollouts(self.settings)
        for number in count(1):
            batch = tuple(islice(rollouts, self.settings.shard_size))
            if not batch or self._engine.stopped_by is not None:
                return
            yield Shard(number, batch)

    async def generate(self, shard: Shard, *, is_last_try: bool = True) -> Answers:
        """Answer every first turn. Raises: OutageError where another try may bring more."""
        answers = await asyncio.gather(
            *(self._engine.ask(rollout.messages, rollout.sample) for rollout in shard.rollouts)
        )
        unanswered = [answer for answer in answers if answer.is_worth_asking_again]
        if unanswered and not is_last_try and self._engine.stopped_by is None:
            raise OutageError(
                f"{len(unanswered)} of {len(answers)} requests are unanswered."
                f" The first: {unanswered[0].error}"
            )
        return tuple(answers)

    async def validate(self, shard: Shard, answers: Answers) -> Attempts:
        """Judge the answers, and take the turns that follow from the verdicts."""
        finished = await asyncio.gather(*map(self._finish, shard.rollouts, answers))
        return tuple(chain.from_iterable(finished))

    def write(self, attempts: Attempts) -> None:
        """Append a shard's attempts, durably."""
        self._writer.write(attempts)

    def finish(self) -> Report:
        """Write the SFT file and the stats from the attempts."""
        self._writer.close()
        files = self._files
        atomic_write(files.sft, sft_lines(iter_attempts(files.attempts)))
        stats = compute_stats(iter_attempts(files.attempts), self._run_info())
        atomic_write(files.stats, [stats_json(stats)])
        return Report(stats, files, self._engine.stopped_by)

    async def _finish(self, rollout: Rollout, answer: Answer) -> Attempts:
        attempts = await self._rollouts.finish(rollout, answer)
        self.tally[_ending(attempts[-1])] += 1
        self.tally["requests"] += sum(_was_sent(attempt) for attempt in attempts)
        return attempts

    def _run_info(self) -> RunInfo:
        now = datetime.now(UTC)
        stopped_by = self._engine.stopped_by
        return RunInfo(
            run_id=self._engine.run_id,
            started_at=self._started.isoformat(timespec="seconds"),
            finished_at=now.isoformat(timespec="seconds"),
            wall_s=(now - self._started).total_seconds(),
            settings=self.settings.model_dump(mode="json"),
            versions=versions(),
            stopped_by=stopped_by and stopped_by.message,
            bad_records=self.size.bad_records,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """Settings that can work on this machine: what is needed is there, the problems read."""

    settings: Settings
    config: APIConfig
    sandbox: Sandbox
    size: Size


def check(settings: Settings, api_key: str | None = None) -> Checked:
    """Everything that can be found wrong without asking the provider.

    Raises: MissingKeyError, MissingSDKError, ProblemFileError, SandboxMissingError, OutputError.
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
    check_writable(settings.output_dir)
    sandbox = find_sandbox(unsafe=settings.unsafe_sandbox)
    return Checked(settings, config, sandbox, _measure(settings))


@asynccontextmanager
async def open_collection(checked: Checked, run_id: str) -> AsyncGenerator[Collection]:
    """Open the parts, ask the provider whether it can answer, and only then make files.

    Raises: what `Engine.verify` raises, when something has to be sent; CacheError, OutputError.
    """
    settings = checked.settings
    async with AsyncExitStack() as stack:
        cache = ResponseCache(settings.cache_dir)
        stack.callback(cache.close)
        config = await _ready(checked.config, settings, stack)
        engine = Engine(config, cache, run_id, settings.max_concurrency)
        stack.push_async_callback(engine.aclose)
        if any(not engine.has(r.messages, r.sample) for r in _first_shard(settings)):
            await engine.verify()
        limits = Limits(
            cpu_seconds=settings.judge_cpu_seconds, memory_mb=settings.judge_memory_mb
        )
        judge = await stack.enter_async_context(Judge(checked.sandbox, limits))
        files = RunFiles.create(settings.output_dir, datetime.now(UTC))
        rollouts = Rollouts(engine, judge, settings.max_turns)
        yield Collection(settings, rollouts, files, checked.size)


def read_rollouts(settings: Settings) -> Iterator[Rollout]:
    """Every sample of every problem, in input order; records that do not read are passed over
    where the settings say so."""
    for problem in read_problems(
        problem_sources(settings),
        skip_bad=_pass_over if settings.skip_bad_records else None,
        limit=settings.num_episodes,
    ):
        messages = prompting.opening(problem, settings.system_prompt)
        for sample in range(settings.samples):
            yield Rollout(problem, sample, messages)


def problem_sources(settings: Settings) -> tuple[str, ...]:
    return settings.problems or (str(bundled.problems_file()),)


def _first_shard(settings: Settings) -> Iterator[Rollout]:
    return islice(read_rollouts(settings), settings.shard_size)


async def _ready(config: APIConfig, settings: Settings, stack: AsyncExitStack) -> APIConfig:
    """The config with what only a running server can fill in: replay's URL, a local model."""
    if config.api_type == REPLAY and not config.base_url:
        answers = RecordedAnswers(read_problems(problem_sources(settings)), _recorded())
        simulator = stack.enter_context(SimulatorThread(answers))
        return replace(config, base_url=simulator.base_url)
    if not config.model:
        client = create_api_client(config.api_type, base_url=config.base_url)
        stack.push_async_callback(client.aclose)
        return replace(config, model=await first_model(client))
    return config


def _pass_over(error: ProblemFileError) -> None:
    log.debug("%s", error)


def _ending(attempt: Attempt) -> str:
    if attempt.failure is not None:
        return "failed"
    kept = attempt.verdict is not None and attempt.verdict.outcome.is_kept
    return "accepted" if kept else "rejected"


def _was_sent(attempt: Attempt) -> bool:
    return attempt.completion is None or not attempt.completion.cached
