"""`batches cancel`, `adopt` and `release`: what a person decides of one batch."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from flows.commands.batches.shown import page
from flows.commands.cache.shared import add_cache, cache_dir
from flows.commands.terminal import command_parser
from flows.flags import given
from flows.terminal import Terminal
from pettingllms.engine.batch.records import Batch
from pettingllms.errors import ExitCode
from pettingllms.tools.batches import (
    adopt,
    cancel,
    find,
    of_others,
    release,
    release_of_others,
)
from pettingllms.wording import counted

_CANCEL = """\
End a batch at the provider. What it has answered by then is billed, and taken
as always; the rest is asked as any other request."""
_ADOPT = """\
Say which batch of the provider's console one is whose creation brought no
answer; its results are taken from there."""
_RELEASE = """\
Give up a batch that is held: what it has not answered may be bought again. Its
budget is given back where nothing was created, and counts as spent otherwise.
One of another machine is given up for all that share a Redis with it: only
where that machine is no more, as what it has asked for is bought twice else."""


def cancel_parser() -> argparse.ArgumentParser:
    return _parser("cancel", "BATCH", _CANCEL)


def adopt_parser() -> argparse.ArgumentParser:
    parser = _parser("adopt", "BATCH NAME", _ADOPT)
    parser.add_argument("name", metavar="NAME", help="its id at the provider")
    return parser


def release_parser() -> argparse.ArgumentParser:
    return _parser("release", "BATCH", _RELEASE)


def cancel_command(arguments: Sequence[str]) -> int:
    return _decided(given(cancel_parser().parse_args(arguments)), cancel)


def adopt_command(arguments: Sequence[str]) -> int:
    flags = given(adopt_parser().parse_args(arguments))
    name = flags["name"]
    return _decided(flags, lambda folder, batch: adopt(folder, batch, name))


def release_command(arguments: Sequence[str]) -> int:
    flags = given(release_parser().parse_args(arguments))
    folder, name = cache_dir(flags), flags["batch"]
    theirs = [batch for batch in asyncio.run(of_others(folder)) if batch.id.startswith(name)]
    if len(theirs) != 1:
        return _decided(flags, release)
    freed = asyncio.run(release_of_others(folder, theirs[0]))
    Terminal().print(
        f"{counted(freed, 'request')} of {theirs[0].place} may be bought again, by every machine."
    )
    return ExitCode.COMPLETE


def _parser(action: str, operand: str, description: str) -> argparse.ArgumentParser:
    parser = command_parser(f"batches {action}", f"{operand} [--cache-dir DIR]", description)
    parser.add_argument("batch", metavar="BATCH", help="its name, as `batches` lists it")
    add_cache(parser)
    return parser


def _decided(flags: dict[str, Any], decide: Callable[[Path, Batch], Awaitable[Batch]]) -> int:
    folder = cache_dir(flags)
    batch = find(folder, flags["batch"])

    async def decided() -> Batch:
        return await decide(folder, batch)

    Terminal().print(page([asyncio.run(decided())]))
    return ExitCode.COMPLETE
