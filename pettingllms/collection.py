"""A collection run: its parts, opened in the order that finds mistakes before money is spent.

Knows no Prefect: `flows` decides what runs when, and shows it. There is no resume code; the
response cache is the resume.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count, islice

from pettingllms import bundled, prompting
from pettingllms.cache import ResponseCache
from pettingllms.engine import Answer, Engine, with_model
from pettingllms.errors import ExitCode, FatalError, ProblemFileError, TransientError
from pettingllms.export import (
    AttemptWriter,
    RunFiles,
    RunInfo,
    Stats,
    atomic_write,
    check_writable,
    compute_stats,
    iter_attempts,
    sft_lines,
    stats_json,
)
from pettingllms.judge import Judge, Limits, Sandbox, find_sandbox
from pettingllms.problems import OnBad, ProblemCount, check_problems, read_problems
from pettingllms.records import Attempt
from pettingllms.rollout import Rollout, Rollouts
from pettingllms.settings import REPLAY, Settings
from pettingllms.simulator import RecordedAnswers, Simulator, SimulatorThread
from pettingllms.utils.api_client import APIConfig, require_sdk, resolve_config
from pettingllms.versions import versions

log = logging.getLogger(__name__)

INTERRUPTED = "interrupted"
_WALL_PER_CPU_SECOND = 3


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


@dataclass
class Progress:
    """How far a run is, for whoever watches; `endings` count samples, `sent` requests."""

    samples: int
    answered: int
    sent: int
    endings: Counter[str]


class Collection:
    """An open run. Per shard: `generate`, then `validate`, then `write`, in shard order."""

    def __init__(self, checked: Checked, rollouts: Rollouts, files: RunFiles) -> None:
        self.settings = checked.settings
        self.progress = Progress(checked.samples, 0, 0, Counter())
        self._bad_records = checked.problems.bad
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
        answers = await asyncio.gather(*map(self._ask, shard.rollouts))
        unanswered = [answer for answer in answers if answer.is_worth_asking_again]
        if unanswered and not is_last_try and self._engine.stopped_by is None:
            self.progress.answered -= len(answers)
            raise OutageError(
                f"{len(unanswered)} of {len(answers)} requests are unanswered."
                f" The first: {unanswered[0].error}"
            )
        return tuple(answers)

    async def validate(self, shard: Shard, answers: Answers) -> Attempts:
        """Judge the answers, and take the turns that follow from the verdicts."""
        finished = await asyncio.gather(*map(self._finish, shard.rollouts, answers))
        return tuple(chain.from_iterable(finished))

    async def write(self, attempts: Attempts) -> None:
        """Append a shard's attempts, durably. Raises: OutputError, DiskFullError."""
        await asyncio.to_thread(self._writer.write, attempts)

    def finish(self, stopped_by: str | None = None) -> Report:
        """Write the SFT file and the stats from the attempts. `stopped_by` says what ended
        the run early, where it was not the engine. Raises: OutputError, DiskFullError."""
        self._writer.close()
        files, fatal = self._files, self._engine.stopped_by
        run = self._run_info(stopped_by or (fatal and fatal.message))
        stats = compute_stats(iter_attempts(files.attempts), run)
        atomic_write(files.sft, sft_lines(iter_attempts(files.attempts)))
        atomic_write(files.stats, [stats_json(stats)])
        return Report(stats, files, fatal)

    async def _ask(self, rollout: Rollout) -> Answer:
        answer = await self._engine.ask(rollout.messages, rollout.sample)
        self.progress.answered += 1
        return answer

    async def _finish(self, rollout: Rollout, answer: Answer) -> Attempts:
        attempts = await self._rollouts.finish(rollout, answer)
        self.progress.endings[_ending(attempts[-1])] += 1
        self.progress.sent += sum(_was_sent(attempt) for attempt in attempts)
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
            samples_planned=self.progress.samples,
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

    @property
    def samples(self) -> int:
        return self.problems.problems * self.settings.samples


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
    problems = check_problems(
        problem_sources(settings), skip_bad=_on_bad(settings), limit=settings.num_episodes
    )
    return Checked(settings, config, sandbox, problems)


@asynccontextmanager
async def open_collection(checked: Checked, run_id: str) -> AsyncGenerator[Collection]:
    """Open the parts, ask the provider whether it can answer, and only then make files.

    Raises: what `Engine.verify` raises, when something has to be sent; CacheError, OutputError.
    """
    settings = checked.settings
    async with AsyncExitStack() as stack:
        cache = ResponseCache(settings.cache_dir)
        stack.callback(cache.close)
        config = await with_model(_with_replay(checked.config, settings, stack))
        engine = Engine(config, cache, run_id, settings.max_concurrency)
        stack.push_async_callback(engine.aclose)
        if any(not engine.has(r.messages, r.sample) for r in _first_shard(settings)):
            await engine.verify()
        judge = await stack.enter_async_context(Judge(checked.sandbox, _limits(settings)))
        files = RunFiles.create(settings.output_dir, datetime.now(UTC))
        yield Collection(checked, Rollouts(engine, judge, settings.max_turns), files)


def read_rollouts(settings: Settings) -> Iterator[Rollout]:
    """Every sample of every problem, in input order; records that do not read are passed over
    where the settings say so."""
    sources, skip_bad = problem_sources(settings), _on_bad(settings)
    for problem in read_problems(sources, skip_bad=skip_bad, limit=settings.num_episodes):
        messages = prompting.opening(problem, settings.system_prompt)
        for sample in range(settings.samples):
            yield Rollout(problem, sample, messages)


def problem_sources(settings: Settings) -> tuple[str, ...]:
    return settings.problems or (str(bundled.problems_file()),)


def _first_shard(settings: Settings) -> Iterator[Rollout]:
    return islice(read_rollouts(settings), settings.shard_size)


def _with_replay(config: APIConfig, settings: Settings, stack: AsyncExitStack) -> APIConfig:
    """For the replay provider: its server, started on loopback, as the base URL."""
    if config.api_type != REPLAY or config.base_url:
        return config
    problems = read_problems(problem_sources(settings), skip_bad=_on_bad(settings))
    answers = RecordedAnswers(problems, bundled.recorded_answers_file())
    simulator = stack.enter_context(SimulatorThread(Simulator(answers, models=(config.model,))))
    return replace(config, base_url=simulator.base_url)


def _limits(settings: Settings) -> Limits:
    """CPU time decides; the wall leaves room for a busy machine."""
    cpu_seconds = settings.judge_cpu_seconds
    return Limits(
        cpu_seconds=cpu_seconds,
        wall_seconds=cpu_seconds * _WALL_PER_CPU_SECOND,
        memory_mb=settings.judge_memory_mb,
    )


def _on_bad(settings: Settings) -> OnBad | None:
    return _pass_over if settings.skip_bad_records else None


def _pass_over(error: ProblemFileError) -> None:
    log.debug("%s", error)


def _ending(attempt: Attempt) -> str:
    if attempt.failure is not None:
        return "failed"
    kept = attempt.verdict is not None and attempt.verdict.outcome.is_kept
    return "accepted" if kept else "rejected"


def _was_sent(attempt: Attempt) -> bool:
    return attempt.completion is None or not attempt.completion.cached
