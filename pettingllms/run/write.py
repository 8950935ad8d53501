"""From a run's attempts to its files, as the settings say: at the end of a run, or again later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
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
    stats_json,
)
from pettingllms.export.agents import parse_ratios
from pettingllms.export.filters import Accepted
from pettingllms.export.formats import FORMATS, Material
from pettingllms.export.pass_at_k import PassRate
from pettingllms.export.preference import PairRules
from pettingllms.export.row_file import RowSpool
from pettingllms.export.sft import conversation, tokens_of
from pettingllms.export.token_counts import load_tokenizer
from pettingllms.files.atomic import atomic_write
from pettingllms.problems import FOR_COMPARISON, read_problems
from pettingllms.run.shards import quota_of, read_prompts
from pettingllms.settings import Settings


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """How many rows are in the file, and which accepted answers are in none."""

    rows: int
    drops: Drops


def write_export(attempts: Path, files: RunFiles, run: RunInfo, settings: Settings) -> Stats:
    """The rows and the stats. Raises: OutputError, DiskFullError."""
    written = write_rows(attempts, files, settings)
    stats = compute_stats(iter_attempts(attempts), run, written.drops)
    return write_stats(replace(stats, rows=written.rows), files)


def write_stats(stats: Stats, files: RunFiles) -> Stats:
    """Raises: OutputError, DiskFullError."""
    atomic_write(files.stats, [stats_json(stats)])
    return stats


def write_rows(attempts: Path, files: RunFiles, settings: Settings) -> WrittenRows:
    """The rows, and what was dropped. Raises: OutputError, DiskFullError, ProblemFileError."""
    options, form = options_of(settings), FORMATS[settings.format]
    gates = gates_of(settings, options)
    material = Material(
        attempts=partial(iter_attempts, attempts),
        problems=lambda: (prompt.problem for prompt in read_prompts(settings)),
        drops=find_drops(iter_attempts(attempts), gates),
        options=options,
        pairs=PairRules(settings.pairs, settings.balance_lengths),
        gates=gates,
    )
    numbers = count()
    rows = (row for row, _ in zip(form.rows(material), numbers, strict=False))
    atomic_write(files.sft, form.encode(rows))
    drops = {**material.drops, **form.drops(material)}
    if drops:
        files.dropped.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(files.dropped, drop_lines(drops))
    else:
        files.dropped.unlink(missing_ok=True)
    return WrittenRows(next(numbers), drops)


def row_spool(files: RunFiles, settings: Settings) -> RowSpool | None:
    """Where no gate and no format asks for all attempts at once. Raises: OutputError,
    DiskFullError."""
    form = FORMATS[settings.format]
    if _is_gated(settings) or not form.is_lines:
        return None
    return RowSpool(files.sft, form, options_of(settings))


def _is_gated(settings: Settings) -> bool:
    chosen = (settings.keep, settings.dedup, settings.pass_rate, settings.max_row_tokens)
    compares = any(value is not None for value in chosen) or bool(settings.benchmarks)
    chooses = settings.collect_mode == "env" or settings.agent_ratios is not None
    return compares or chooses or settings.drop_chat_markup or "code" not in settings.agents


def row_form(settings: Settings) -> str:
    """Names all that the bytes of a row depend on, beside its attempts."""
    return f"{settings.format} {options_of(settings)}"


def options_of(settings: Settings) -> RowOptions:
    """How the rows of a run are made. Raises: SettingError where the tokenizer cannot be loaded."""
    tokenizer = None if settings.tokenizer is None else load_tokenizer(settings.tokenizer)
    wave = None if settings.accept is None else len(quota_of(settings).wave())
    return RowOptions(settings.dialogue, settings.reasoning, tokenizer, wave, settings.agents)


def gates_of(settings: Settings, options: RowOptions) -> Gates:
    """Raises: ProblemFileError where a benchmark cannot be read."""
    named, most = settings.benchmarks, settings.max_row_tokens
    return Gates(
        keep=settings.keep,
        dedup=settings.dedup,
        benchmark=Benchmark.of(read_problems(named, rules=FOR_COMPARISON)) if named else None,
        drop_chat_markup=settings.drop_chat_markup,
        agents=settings.agents,
        whole_episodes=settings.collect_mode == "env",
        ratios=parse_ratios(settings.agent_ratios) if settings.agent_ratios else None,
        pass_rate=PassRate.of(settings.pass_rate) if settings.pass_rate else None,
        wave=options.wave,
        fits=None if most is None else _short_enough(most, options),
    )


def _short_enough(most: int, options: RowOptions) -> Callable[[Accepted], bool]:
    return lambda answer: tokens_of(conversation(answer, options), options) <= most
