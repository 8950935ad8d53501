"""`cache export FILE` and `cache import FILE`: answers from one machine to another."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from flows.commands.cache.shared import add_cache, add_selection, cache_dir, selection
from flows.commands.terminal import command_parser, print_line
from flows.flags import given
from pettingllms.cache.responses import ResponseCache
from pettingllms.errors import ExitCode
from pettingllms.tools.cache import Imported, export_answers, import_answers, opened
from pettingllms.wording import counted

_EXPORT = """\
Write answers, with what was asked, to a file of JSON lines with checksums;
zipped where its name ends in .gz. Without a choice: all of them."""
_IMPORT = """\
Keep the answers of a file that `cache export` wrote, but for those the cache
has. The whole file is checked first; of a damaged one nothing is kept."""


def export_parser() -> argparse.ArgumentParser:
    parser = command_parser("cache export", "FILE.jsonl[.gz]", _EXPORT)
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    add_selection(parser)
    add_cache(parser)
    return parser


def export_command(arguments: Sequence[str]) -> int:
    flags = given(export_parser().parse_args(arguments))
    file, chosen = flags["file"], selection(flags)
    with opened(cache_dir(flags)) as cache:
        answers = export_answers(filter(chosen.has, cache.entries()), file)
    print_line(f"{counted(answers, 'answer')} exported to {file}")
    return ExitCode.COMPLETE


def import_parser() -> argparse.ArgumentParser:
    parser = command_parser("cache import", "FILE.jsonl[.gz]", _IMPORT)
    parser.add_argument("file", type=Path, metavar="FILE", help="what `cache export` wrote")
    add_cache(parser)
    return parser


def import_command(arguments: Sequence[str]) -> int:
    flags = given(import_parser().parse_args(arguments))
    imported = asyncio.run(_import(flags["file"], cache_dir(flags)))
    print_line(f"{counted(imported.added, 'answer')} imported, {imported.known:,} known already")
    return ExitCode.COMPLETE


async def _import(file: Path, folder: Path) -> Imported:
    """Into a new cache, where there is none."""
    cache = ResponseCache(folder)
    try:
        return await import_answers(file, cache)
    finally:
        cache.close()
