"""A collection run, open: shards go through it one after the other.

Knows no Prefect: `flows` decides what runs when, and shows it. There is no resume code; the
response cache is the resume.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from pettingllms.engine import Answer
from pettingllms.errors import ExitCode, FatalError, OutputError, TransientError
from pettingllms.export import RunFiles, RunInfo, Stats
from pettingllms.export.upload import deliver
from pettingllms.providers.dispatch import Traffic
from pettingllms.records import Attempt
from pettingllms.run.check import Checked
from pettingllms.run.finished_shards import FinishedShard, FinishedShards
from pettingllms.run.in_parallel import in_parallel
from pettingllms.run.output import RunOutput
from pettingllms.run.progress import Progress
from pettingllms.run.rollout import Answers, Opening, Prompt, Rollouts
from pettingllms.run.shards import Shard, known_shards, read_shards
from pettingllms.run.versions import versions

INTERRUPTED = "interrupted"


class OutageError(TransientError):
    """Some rows of a shard are still unanswered after all retries; worth another try later."""


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


def shards_of(checked: Checked, finished: FinishedShards | None) -> Iterator[Shard]:
    """In input order, read as they are asked for; of a `finished` one only what came of it."""
    if finished is None or checked.digests is None:
        return read_shards(checked.settings)
    are_public = not checked.held_back.problems
    return known_shards(checked.settings, checked.digests, finished, are_public=are_public)


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
        self._checked = checked
        self.progress = Progress(checked.problems.problems, checked.samples)
        self._rollouts = rollouts
        self._engine = rollouts.engine
        self._files = files
        self._finished = finished
        self._tried: dict[int, ShardAnswers] = {}
        """Of shards that are to be tried again: their answers are paid, and not from the cache."""
        self._output = RunOutput(files, checked.settings, rollouts.quota)
        self._started = datetime.now(UTC)

    @property
    def traffic(self) -> Traffic:
        """What goes to the provider, and how fast."""
        return self._engine.traffic

    def shards(self) -> Iterator[Shard]:
        """Every shard in input order, read as it is asked for; none after a fatal error."""
        for shard in shards_of(self._checked, self._finished):
            if self._engine.stopped_by is not None:
                return
            yield shard

    async def run(self) -> Report:
        """All of it, a shard at a time. Raises: what `validate` and `write` raise."""
        for shard in self.shards():
            attempts: Attempts = ()
            if shard.finished is None:
                attempts = await self.validate(shard, await self.generate(shard))
            await self.write(shard, attempts)
        return self.finish()

    async def generate(self, shard: Shard, *, is_last_try: bool = True) -> ShardAnswers:
        """Answer the first turns. Raises: OutageError where another try may bring more."""
        openings = await self._rollouts.recall(shard.prompts)
        tried = self._tried.pop(shard.number, None)
        if tried is not None:
            openings = [*map(_going_on, openings, tried)]
        opened = await in_parallel(self._open, [*zip(shard.prompts, openings, strict=True)])
        answers = tuple(opened if tried is None else map(_with_retries_of, opened, tried))
        asked = list(chain.from_iterable(answers))
        unanswered = [answer for answer in asked if answer.is_worth_asking_again]
        if unanswered and not is_last_try and self._engine.stopped_by is None:
            self.progress.answered -= len(asked)
            self._tried[shard.number] = answers
            raise OutageError(
                f"{len(unanswered)} of {len(asked)} requests are unanswered."
                f" The first: {unanswered[0].error}"
            )
        return answers

    async def validate(self, shard: Shard, answers: ShardAnswers) -> Attempts:
        """Judge the answers, and take the turns and samples that follow from the verdicts."""
        finished = await in_parallel(self._finish, [*zip(shard.prompts, answers, strict=True)])
        return tuple(chain.from_iterable(finished))

    async def write(self, shard: Shard, attempts: Attempts = ()) -> None:
        """Append the shard's attempts, durably. Raises: OutputError, DiskFullError, CacheError."""
        if shard.finished is not None:
            await self._write_again(shard, shard.finished)
            return
        rows = await asyncio.to_thread(self._output.add, attempts)
        if self._finished is not None:
            await self._finished.keep(shard.digest, attempts, rows)

    async def _write_again(self, shard: Shard, finished: FinishedShard) -> None:
        rows = await asyncio.to_thread(self._output.add_finished, finished)
        self.progress.add_kept(finished.counts)
        if rows is not None and self._finished is not None and shard.digest is not None:
            await self._finished.keep_rows(shard.digest, rows)

    def finish(self, stopped_by: str | None = None) -> Report:
        """Write the SFT file and the stats from the attempts, and deliver them. `stopped_by` says
        what ended the run early, where it was not the engine. Raises: OutputError, DiskFullError.
        """
        files, fatal = self._files, self._engine.stopped_by
        stats = self._output.finish(self._run_info(stopped_by or (fatal and fatal.message)))
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
            settings=self._checked.settings.model_dump(mode="json"),
            versions=versions(),
            samples_planned=self._checked.samples,
            quota=self._rollouts.quota,
            stopped_by=stopped_by,
            bad_records=self._checked.problems.bad,
        )


def _going_on(opening: Opening, tried: Answers) -> Opening:
    """What an earlier try brought, and again what it did not."""
    pairs = zip(opening, tried, strict=False)  # of a problem that is not asked all samples failed
    return tuple(found if before.is_worth_asking_again else before for found, before in pairs)


def _with_retries_of(answers: Answers, tried: Answers) -> Answers:
    return (*map(_counted_on, answers, tried), *answers[len(tried) :])


def _counted_on(answer: Answer, before: Answer) -> Answer:
    """To ask once more is a retry too."""
    if not isinstance(before.error, TransientError):
        return answer
    retries = Counter(before.retries) + Counter(answer.retries)
    retries[before.error.cause] += 1
    return replace(answer, retries=retries)
