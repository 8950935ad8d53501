"""What a run writes as it goes: its attempts, and the rows and counts that follow from them."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from pettingllms.export import (
    AttemptWriter,
    RunFiles,
    RunInfo,
    Stats,
    Tally,
    stats_of,
)
from pettingllms.records import Expenses, Quota
from pettingllms.run.finished_shards import FinishedShard, JudgedShard
from pettingllms.run.write import row_spool, write_rows, write_stats
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
        self._written: set[int] = set()
        self._changing = Lock()

    def add(self, shard: JudgedShard | FinishedShard) -> Rows:
        """Its attempts are on the disk when this returns. Once: where a run is broken off, who was
        about to write a shard may come after who writes what is left."""
        with self._changing:
            if shard.number in self._written:
                return None
            self._written.add(shard.number)
            self._attempts.write_lines(shard.lines)
            shard.count_in(self._tally)
            if self._spool is None:
                return None
            rows = self._spool.lines(shard.attempts) if shard.rows is None else shard.rows
            self._spool.add(rows)
            return rows

    @property
    def bill(self) -> Expenses:
        """Of what is written."""
        return self._tally.bill

    def finish(self, run: RunInfo, *, with_rows: bool = True) -> Stats:
        """The files that a run leaves at its end. `with_rows` only where it came to an end: what
        was broken off has its attempts, of which `rebuild` makes rows."""
        with self._changing:
            self._attempts.close()
            stats = stats_of(self._tally, run)
            if with_rows and self._spool is None:
                written = write_rows(self._files.attempts, self._files, self._settings)
                stats = stats_of(self._tally, run, written.drops)
                stats = replace(stats, rows=written.rows)
            elif with_rows and self._spool is not None:
                self._spool.commit()
            return write_stats(stats, self._files)
