"""`batches collect`: the results that are there, into the cache."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from flows.commands.batches.shown import page_or_none
from flows.commands.cache.shared import add_cache, cache_dir
from flows.commands.terminal import command_parser
from flows.flags import given
from flows.terminal import Terminal
from pettingllms.engine.batch.records import BatchState
from pettingllms.errors import ExitCode
from pettingllms.tools.batches import collect, find, listed

_DESCRIPTION = """\
Look once for each batch that is under way, and put the answers of those that
have ended into the cache, where the next run finds them. Nothing is sent to be
answered. Ends with 7 while some are still under way, with 3 where one is held."""


def collect_parser() -> argparse.ArgumentParser:
    parser = command_parser("batches collect", "[BATCH ...] [--cache-dir DIR]", _DESCRIPTION)
    parser.add_argument("batches", nargs="*", metavar="BATCH", help="these only")
    add_cache(parser)
    return parser


def collect_command(arguments: Sequence[str]) -> int:
    flags = given(collect_parser().parse_args(arguments))
    folder = cache_dir(flags)
    named = [find(folder, name) for name in flags["batches"]]
    batches = asyncio.run(collect(folder, named or listed(folder)))
    Terminal().print(page_or_none(batches, folder))
    if any(batch.is_open for batch in batches):
        return ExitCode.SUBMITTED
    is_held = any(batch.state is BatchState.HELD for batch in batches)
    return ExitCode.PARTIAL if is_held else ExitCode.COMPLETE
