"""`cache stats`: what the cache holds, and what that cost."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.commands.cache.shared import add_cache, cache_dir, labelled, money, size
from flows.commands.terminal import command_parser
from flows.flags import given
from flows.terminal import Terminal
from pettingllms.errors import ExitCode
from pettingllms.tools.cache import CacheStats, Sum, count, opened

_DESCRIPTION = """\
Count the paid answers by provider, model and month: how many, how large, how
many tokens, and what they cost at the prices of the day they were bought."""


def stats_parser() -> argparse.ArgumentParser:
    parser = command_parser("cache stats", "[--cache-dir DIR]", _DESCRIPTION)
    add_cache(parser)
    return parser


def stats_command(arguments: Sequence[str]) -> int:
    folder = cache_dir(given(stats_parser().parse_args(arguments)))
    with opened(folder) as cache:
        stats = count(cache.entries())
    Terminal().print(_page(folder, stats))
    return ExitCode.COMPLETE


def _page(folder: Path, stats: CacheStats) -> Padding:
    parts: list[RenderableType] = [_total(folder, stats.total)]
    if stats.groups:
        parts += [Text(), _groups(stats)]
    return Padding(Group(*parts), 1)


def _total(folder: Path, total: Sum) -> Table:
    table = labelled()
    table.add_row("Cache", str(folder))
    table.add_row("Answers", f"{total.answers:,}, {size(total.packed_bytes)}")
    if total.last:
        table.add_row("Bought", f"{total.first[:10]} to {total.last[:10]}")
    table.add_row("Worth", money(total))
    return table


def _groups(stats: CacheStats) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title in ("provider", "model", "month"):
        table.add_column(title, overflow="fold")
    for title in ("answers", "size", "tokens in", "out", "USD"):
        table.add_column(title, justify="right", no_wrap=True)
    for group, part in stats.groups.items():
        table.add_row(
            group.provider,
            group.model,
            group.month,
            f"{part.answers:,}",
            size(part.packed_bytes),
            f"{part.prompt_tokens:,}",
            f"{part.completion_tokens:,}",
            "?" if part.unpriced == part.answers else f"{part.usd:,.4f}",
        )
    return table
