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
    compute_stats,
    drop_lines,
    find_drops,
    iter_attempts,
    sft_rows,
    stats_json,
)
from pettingllms.export.agents import parse_ratios
from pettingllms.export.formats import FORMATS
from pettingllms.export.row_file import RowSpool
from pettingllms.files.atomic import atomic_write
from pettingllms.problems import FOR_COMPARISON, read_problems
from pettingllms.run.shards import quota_of
from pettingllms.settings import Settings


def write_export(attempts: Path, files: RunFiles, run: RunInfo, settings: Settings) -> Stats:
    """The rows and the stats. Raises: OutputError, DiskFullError."""
    drops = write_rows(attempts, files, settings)
    return write_stats(compute_stats(iter_attempts(attempts), run, drops), files)


def write_stats(stats: Stats, files: RunFiles) -> Stats:
    """Raises: OutputError, DiskFullError."""
    atomic_write(files.stats, [stats_json(stats)])
    return stats


def write_rows(attempts: Path, files: RunFiles, settings: Settings) -> Drops:
    """The rows, and what was dropped. Raises: OutputError, DiskFullError."""
    drops = find_drops(iter_attempts(attempts), gates_of(settings))
    rows = sft_rows(iter_attempts(attempts), drops, options_of(settings))
    atomic_write(files.sft, FORMATS[settings.format].encode(rows))
    if drops:
        files.dropped.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(files.dropped, drop_lines(drops))
    else:
        files.dropped.unlink(missing_ok=True)
    return drops


def row_spool(files: RunFiles, settings: Settings) -> RowSpool | None:
    """Where no gate and no format asks for all attempts at once. Raises: OutputError,
    DiskFullError."""
    form = FORMATS[settings.format]
    if _is_gated(settings) or not form.is_lines:
        return None
    return RowSpool(files.sft, form, options_of(settings))


def _is_gated(settings: Settings) -> bool:
    chosen = (settings.keep, settings.dedup)
    compares = any(value is not None for value in chosen) or bool(settings.benchmarks)
    chooses = settings.collect_mode == "env" or settings.agent_ratios is not None
    return compares or chooses or settings.drop_chat_markup or "code" not in settings.agents


def row_form(settings: Settings) -> str:
    """Names all that the bytes of a row depend on, beside its attempts."""
    return f"{settings.format} {options_of(settings)}"


def options_of(settings: Settings) -> RowOptions:
    """How the rows of a run are made."""
    wave = len(quota_of(settings).wave())
    return RowOptions(settings.dialogue, settings.reasoning, wave=wave, agents=settings.agents)


def gates_of(settings: Settings) -> Gates:
    """Raises: ProblemFileError where a benchmark cannot be read."""
    named = settings.benchmarks
    benchmark = Benchmark.of(read_problems(named, rules=FOR_COMPARISON)) if named else None
    ratios = parse_ratios(settings.agent_ratios) if settings.agent_ratios else None
    return Gates(
        settings.keep, settings.dedup, benchmark, settings.drop_chat_markup, settings.agents,
        settings.collect_mode == "env", ratios,
    )  # fmt: skip
