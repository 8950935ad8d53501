"""A collection run, open: shards go through it one after the other.

Knows no Prefect: `flows` decides what runs when, and shows it. There is no resume code; the
response cache is the resume.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice, repeat

from pettingllms.errors import ExitCode, FatalError, OutputError, TransientError
from pettingllms.export import RunFiles, RunInfo, Stats
from pettingllms.export.agents import of_agent
from pettingllms.export.stats import INTERRUPTED
from pettingllms.export.upload import deliver
from pettingllms.providers.dispatch import Traffic
from pettingllms.records import Expenses
from pettingllms.run.check import Checked
from pettingllms.run.finished_shards import FinishedShard, FinishedShards, JudgedShard
from pettingllms.run.found_settings import found_from_anywhere
from pettingllms.run.in_parallel import in_parallel
from pettingllms.run.journal import RunJournal
from pettingllms.run.output import RunOutput
from pettingllms.run.progress import Progress
from pettingllms.run.rollout import Answers, Recalled, Rollouts
from pettingllms.run.shards import Shard, known_shards, shards_of_prompts, with_finished
from pettingllms.run.turns import Prompt, Samples, Trajectory, asked_again, is_broken_off
from pettingllms.run.versions import versions


class OutageError(TransientError):
    """Some rows of a shard are still unanswered after all retries; worth another try later."""


ShardAnswers = tuple[Answers, ...]
"""The first answers to each of a shard's problems, in their order."""


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
        if not self.stats.rows:
            return ExitCode.NOTHING_KEPT
        return ExitCode.PARTIAL if self.stats.failed else ExitCode.COMPLETE


def shards_of(checked: Checked, finished: FinishedShards | None) -> Iterator[Shard | FinishedShard]:
    """In input order, read as they are asked for; of a finished one only what came of it."""
    settings, digests = checked.settings, checked.input.digests
    if finished is None or digests is None:
        return shards_of_prompts(checked.prompts(), settings)
    if checked.input.parsed is not None:
        return with_finished(shards_of_prompts(checked.input.parsed, settings), digests, finished)
    are_public = not checked.input.held_back.problems
    return known_shards(settings, checked.input.records, digests, finished, are_public=are_public)


class Collection:
    """An open run. Per shard: `generate`, then `validate`, then `write`, in shard order; of a
    FinishedShard only `write`."""

    def __init__(
        self,
        checked: Checked,
        rollouts: Rollouts,
        files: RunFiles,
        finished: FinishedShards | None = None,
        journal: RunJournal | None = None,
    ) -> None:
        self._checked = checked
        self.progress = Progress(checked.input.count.problems, checked.samples, rollouts.quota)
        self._rollouts = rollouts
        self._engine = rollouts.engine
        self._files = files
        self._finished = finished
        self._source = shards_of(checked, finished)
        self._begun: list[Shard | FinishedShard] = []
        self._asked: dict[int, asyncio.Task[ShardAnswers]] = {}
        """Of the shards that were begun: those that nobody has asked for yet."""
        self._are_begun = asyncio.Event()
        """The problems of the latest shard that is asked for; here, of none."""
        self._are_begun.set()
        self._answered: dict[int, ShardAnswers] = {}
        self._judged: dict[int, tuple[Samples, ...]] = {}
        """What an outage has left of shards that are to be tried again: their answers are paid, and
        not from the cache."""
        self._journal = journal
        self._waiting: dict[int, list[Samples]] = {}
        """Of shards that are not written: the problems that are judged, whatever comes of the
        others."""
        self._output = RunOutput(files, checked.settings, rollouts.quota)
        self.before_delivery: Callable[[RunFiles], object] = lambda _: None
        """What is made of the files while they are here."""
        self.flow_run_id: str | None = None
        """Under which an orchestrator knows the run."""
        self.has_ended = False
        """Whether its bill is written, or was tried to be."""
        self._started = datetime.now(UTC)
        self._started_s = time.monotonic()

    @property
    def run_id(self) -> str:
        return self._engine.run_id

    @property
    def traffic(self) -> Traffic:
        """What goes to the provider, and how fast."""
        return self._engine.traffic

    @property
    def bill(self) -> Expenses:
        """What all models were paid by now, whatever has become of the answers."""
        return self._engine.account.bill

    def shards(self) -> Iterator[Shard | FinishedShard]:
        """Every shard in input order, read as it is asked for; after a fatal error only those that
        were begun."""
        while self._begun:
            yield self._begun.pop(0)
        for shard in self._source:
            if self._rollouts.stopped_by is not None:
                return
            yield shard

    async def run(self) -> Report:
        """All of it, a shard at a time. Raises: what `validate` and `write` raise."""
        for shard in self.shards():
            if isinstance(shard, FinishedShard):
                await self.write(shard)
            else:
                await self.write(await self.validate(shard, await self.generate(shard)))
        return self.finish()

    def begin(self, shards: int) -> None:
        """Ask so many shards before anybody runs them: `generate` finds what has come of it."""
        self._begun = [*islice(self._source, shards)]
        for shard in self._begun:
            if isinstance(shard, Shard):
                asking = self._generate(shard, is_last_try=False)
                self._asked[shard.number] = asyncio.create_task(asking)

    async def stop_asking(self) -> None:
        """What was begun, and nobody has run by now."""
        for asking in self._asked.values():
            asking.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def generate(self, shard: Shard, *, is_last_try: bool = True) -> ShardAnswers:
        """Answer the first turns. Raises: OutageError where another try may bring more."""
        asked = self._asked.pop(shard.number, None)
        return await (asked or self._generate(shard, is_last_try=is_last_try))

    async def _generate(self, shard: Shard, *, is_last_try: bool) -> ShardAnswers:
        before = self._answered.get(shard.number)
        found = await self._in_turn(shard.prompts, before)
        self._answered.pop(shard.number, None)
        answers = tuple(found if before is None else map(_with_retries_of, found, before))
        asked = [*chain.from_iterable(answers)]
        missing = [str(answer.error) for answer in asked if answer.is_worth_asking_again]
        if missing and self._tries_again(is_last_try):
            # The next try counts them again.
            self.progress.answered -= len(asked)
            self._answered[shard.number] = answers
            raise _outage(missing, len(asked))
        return answers

    async def _in_turn(
        self, prompts: Sequence[Prompt], before: ShardAnswers | None
    ) -> list[Answers]:
        """Asked when all of the shards before it are under way: so one after the other has its
        answers, and is judged while the next are asked."""
        earlier, self._are_begun = self._are_begun, (begun := asyncio.Event())
        try:
            await earlier.wait()
            recalled = await self._rollouts.recall(prompts)
            if before is not None:
                recalled = [*map(_still_unanswered, recalled, before)]
            asked = [*zip(prompts, recalled, strict=True)]
            return await in_parallel(self._answer, asked, begun.set)
        finally:
            begun.set()

    async def validate(
        self, shard: Shard, answers: ShardAnswers, *, is_last_try: bool = True
    ) -> JudgedShard:
        """Judge the answers, and take the turns and samples that follow from the verdicts. Raises:
        OutageError where another try may bring more."""
        before = self._judged.pop(shard.number, repeat((), len(answers)))
        judge = partial(
            self._judge, number=shard.number, goes_on=not self._tries_again(is_last_try)
        )
        judged = await in_parallel(judge, [*zip(shard.prompts, answers, before, strict=True)])
        samples = [*chain.from_iterable(judged)]
        missing = [_why_broken_off(turns) for turns in samples if is_broken_off(turns)]
        if missing and self._tries_again(is_last_try):
            self._judged[shard.number] = tuple(judged)
            raise _outage(missing, len(samples))
        attempts = tuple(chain.from_iterable(samples))
        return JudgedShard.of(shard.number, shard.digest, attempts, self._rollouts.quota)

    async def write(self, shard: JudgedShard | FinishedShard) -> None:
        """Append the shard's attempts, durably. Raises: OutputError, DiskFullError, CacheError."""
        rows = await asyncio.to_thread(self._output.add, shard)
        self._waiting.pop(shard.number, None)
        if isinstance(shard, FinishedShard):
            self.progress.add_finished(shard.counts)
        if self._finished is not None:
            await self._finished.keep(shard, rows)

    def _tries_again(self, is_last_try: bool) -> bool:
        return not is_last_try and self._rollouts.stopped_by is None

    def finish(self) -> Report:
        """Write the SFT file and the stats from the attempts, and deliver them. Raises:
        OutputError, DiskFullError."""
        self.has_ended = True
        fatal = self._rollouts.stopped_by
        info = self._run_info(fatal and fatal.message)
        return self._deliver(self._output.finish(info), fatal)

    def break_off(self, error: FatalError | None = None) -> Report:
        """As `finish`, of a run that is interrupted, or ended by the `error` of one of its steps:
        what is judged by now is written, and what is paid is in the stats. What is interrupted has
        no rows, so that nobody takes it for a run that has come to its end. Raises: OutputError,
        DiskFullError."""
        self.has_ended = True
        for number, samples in sorted(self._waiting.items()):
            attempts = tuple(chain.from_iterable(chain.from_iterable(samples)))
            self._output.add(JudgedShard.of(number, None, attempts, self._rollouts.quota))
        info = self._run_info(error.message if error else INTERRUPTED)
        return self._deliver(self._output.finish(info, with_rows=error is not None), error)

    def _deliver(self, stats: Stats, fatal: FatalError | None) -> Report:
        """To the URL, where there is one; the bill is written by then."""
        files = self._files
        if self._journal is not None:
            self._journal.end(is_complete=stats.run.stopped_by is None)
        self.before_delivery(files)
        try:
            if files.destination is not None:
                deliver(files.output_dir, files.destination)
        except OutputError as error:
            return Report(stats, replace(files, destination=None), fatal, error)
        return Report(stats, files, fatal)

    async def _answer(self, recalled: tuple[Prompt, Recalled]) -> Answers:
        answers = await self._rollouts.answer(*recalled)
        self.progress.answered += len(answers)
        return answers

    async def _judge(
        self, answered: tuple[Prompt, Answers, Samples], *, number: int, goes_on: bool
    ) -> Samples:
        """A problem's samples; those that an earlier try has left, only where it was broken off."""
        prompt, answers, before = answered
        if before and not any(map(is_broken_off, before)):
            return before
        if before:
            samples = await self._rollouts.resume(prompt, before, goes_on=goes_on)
        else:
            samples = await self._rollouts.finish(prompt, answers, goes_on=goes_on)
        asked = of_agent(before, "code") or answers
        self.progress.answered += len(of_agent(samples, "code")) - len(asked)
        if goes_on or not any(map(is_broken_off, samples)):
            self.progress.tally.add_problem(samples)
            self._waiting.setdefault(number, []).append(samples)
        return samples

    def _run_info(self, stopped_by: str | None) -> RunInfo:
        taken_s = time.monotonic() - self._started_s  # a clock may be set back meanwhile
        finished = self._started + timedelta(seconds=taken_s)
        return RunInfo(
            run_id=self._engine.run_id,
            started_at=self._started.isoformat(timespec="seconds"),
            finished_at=finished.isoformat(timespec="seconds"),
            wall_s=taken_s,
            settings=found_from_anywhere(self._checked.settings),
            versions=versions(),
            samples_planned=self._checked.samples,
            quota=self._rollouts.quota,
            stopped_by=stopped_by,
            bad_records=self._checked.input.count.bad,
            unwritten=self._engine.account.bill - self._output.bill,
            carried_over=self._engine.account.taken_over,
            flow_run_id=self.flow_run_id,
        )


def _still_unanswered(recalled: Recalled, before: Answers) -> Recalled:
    """What an earlier try brought, and again what it did not."""
    pairs = zip(recalled, before, strict=False)  # of a problem that is not asked all samples failed
    return tuple(found if answer.is_worth_asking_again else answer for found, answer in pairs)


def _with_retries_of(answers: Answers, before: Answers) -> Answers:
    again = (
        asked_again(answer, earlier, earlier.error.cause)
        if isinstance(earlier.error, TransientError)
        else answer
        for answer, earlier in zip(answers, before, strict=False)
    )
    return (*again, *answers[len(before) :])


def _why_broken_off(trajectory: Trajectory) -> str:
    last = trajectory[-1]
    failure = last.failure or (last.review and last.review.failure)
    return failure.message if failure else ""


def _outage(missing: Sequence[str], asked: int) -> OutageError:
    return OutageError(
        f"{len(missing)} of {asked} requests are unanswered. The first: {missing[0]}"
    )
