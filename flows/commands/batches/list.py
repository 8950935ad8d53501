"""`batches list`: the batches over a cache, and what is to be known of each."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from flows.commands.batches.shown import page_of_others, page_or_none
from flows.commands.cache.shared import add_cache, cache_dir
from flows.commands.terminal import command_parser
from flows.flags import given
from flows.terminal import Terminal
from pettingllms.errors import ExitCode
from pettingllms.tools.batches import listed, of_others

_DESCRIPTION = """\
List the batches that are under way or held: their names here and at the
provider, how far they are, and what they cost at most. Where machines share a Redis,
those of the others too, and where they are."""


def list_parser() -> argparse.ArgumentParser:
    parser = command_parser("batches list", "[--all] [--cache-dir DIR]", _DESCRIPTION)
    parser.add_argument("--all", action="store_true", help="those that are done, too")
    add_cache(parser)
    return parser


def list_command(arguments: Sequence[str]) -> int:
    flags = given(list_parser().parse_args(arguments))
    folder, terminal = cache_dir(flags), Terminal()
    found = listed(folder, with_done=flags["all"])
    terminal.print(page_or_none(found, folder))
    theirs = asyncio.run(of_others(folder))
    if theirs:
        terminal.print(page_of_others(theirs))
    return ExitCode.COMPLETE
