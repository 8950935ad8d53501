"""From a run's attempts to its files, as the settings say: at the end of a run, or again later."""

from __future__ import annotations

from pathlib import Path

from pettingllms.export import (
    Benchmark,
    Drops,
    Gates,
    RowOptions,
    RunFiles,
    RunInfo,
    Stats,
    Tally,
    atomic_write,
    compute_stats,
    drop_lines,
    find_drops,
    iter_attempts,
    sft_rows,
    stats_json,
    stats_of,
)
from pettingllms.export.formats import FORMATS
from pettingllms.problems import read_problems
from pettingllms.settings import Settings


def write_export(
    attempts: Path, files: RunFiles, run: RunInfo, settings: Settings, tally: Tally | None = None
) -> Stats:
    """The rows and the stats; `tally` where the attempts have been counted as they were written.

    Raises: OutputError, DiskFullError.
    """
    drops = write_rows(attempts, files, settings)
    if tally is None:
        stats = compute_stats(iter_attempts(attempts), run, drops)
    else:
        stats = stats_of(tally, run, drops)
    atomic_write(files.stats, [stats_json(stats)])
    return stats


def write_rows(attempts: Path, files: RunFiles, settings: Settings) -> Drops:
    """The rows, and what was dropped. Raises: OutputError, DiskFullError."""
    drops = find_drops(iter_attempts(attempts), gates_of(settings))
    options = RowOptions(settings.dialogue, settings.reasoning)
    rows = sft_rows(iter_attempts(attempts), drops, options)
    atomic_write(files.sft, FORMATS[settings.format].encode(rows))
    if drops:
        files.dropped.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(files.dropped, drop_lines(drops))
    else:
        files.dropped.unlink(missing_ok=True)
    return drops


def gates_of(settings: Settings) -> Gates:
    """Raises: ProblemFileError where a benchmark cannot be read."""
    named = settings.benchmarks
    benchmark = Benchmark.of(read_problems(named)) if named else None
    return Gates(settings.keep, settings.dedup, benchmark)
