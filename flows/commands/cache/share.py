"""`cache share`: the answers of this machine for the others."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from flows.commands.cache.shared import add_cache, add_selection, cache_dir, selection
from flows.commands.terminal import command_parser, print_line
from flows.flags import given
from pettingllms.errors import ExitCode
from pettingllms.tools.cache import opened, share
from pettingllms.wording import counted

_DESCRIPTION = """\
Put answers into the Redis of SFT_REDIS_URL, where runs on other machines find
them: those paid before there was one, or while it had lost some. Runs share
what they pay by themselves. Without a choice: all answers."""


def share_parser() -> argparse.ArgumentParser:
    parser = command_parser("cache share", "", _DESCRIPTION)
    add_selection(parser)
    add_cache(parser)
    return parser


def share_command(arguments: Sequence[str]) -> int:
    flags = given(share_parser().parse_args(arguments))
    chosen = selection(flags)
    with opened(cache_dir(flags)) as cache:
        shared = asyncio.run(share(filter(chosen.has, cache.entries())))
    print_line(f"{counted(shared, 'answer')} shared")
    return ExitCode.COMPLETE
