"""What a run writes as it goes: its attempts, and the rows and counts that follow from them."""

from __future__ import annotations

from threading import Lock

from pettingllms.export import (
    NO_DROPS,
    AttemptWriter,
    RunFiles,
    RunInfo,
    Stats,
    Tally,
    decode_attempt,
    stats_of,
)
from pettingllms.export.write import row_spool, write_rows, write_stats
from pettingllms.records import Attempt, Quota
from pettingllms.run.finished_shards import FinishedShard
from pettingllms.settings import Settings

Rows = bytes | None
"""A shard's rows as lines; None where rows are made at the end."""


class RunOutput:
    """The attempts, the rows and the counts are of the same shards, whenever the run ends.

    Raises, at opening and wherever it writes: OutputError, DiskFullError.
    """

    def __init__(self, files: RunFiles, settings: Settings, quota: Quota) -> None:
        self._files = files
        self._settings = settings
        self._attempts = AttemptWriter(files.attempts)
        self._spool = row_spool(files, settings)
        self._tally = Tally(quota)
        self._changing = Lock()

    def add(self, attempts: tuple[Attempt, ...]) -> Rows:
        """A shard; its attempts are on the disk when this returns."""
        with self._changing:
            self._attempts.write(attempts)
            self._tally.add(attempts)
            return self._spooled(attempts)

    def add_finished(self, shard: FinishedShard) -> Rows:
        """The same, of a shard that an earlier run finished; its rows if they are not kept yet."""
        with self._changing:
            self._attempts.write_lines(shard.attempts)
            self._tally.add_kept(shard.counts)
            if self._spool is None:
                return None
            if shard.rows is None:
                return self._spooled(tuple(map(decode_attempt, shard.attempts.splitlines())))
            self._spool.add(shard.rows)
            return None

    def finish(self, run: RunInfo) -> Stats:
        """The files that a run leaves at its end."""
        with self._changing:
            self._attempts.close()
            drops = NO_DROPS
            if self._spool is None:
                drops = write_rows(self._files.attempts, self._files, self._settings)
            else:
                self._spool.commit()
            return write_stats(stats_of(self._tally, run, drops), self._files)

    def _spooled(self, attempts: tuple[Attempt, ...]) -> Rows:
        if self._spool is None:
            return None
        rows = self._spool.lines(attempts)
        self._spool.add(rows)
        return rows
