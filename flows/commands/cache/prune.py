"""`cache prune`: drop answers, after a look at which."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flows.commands.cache.shared import (
    add_cache,
    add_selection,
    cache_dir,
    money,
    selection,
    size,
)
from flows.commands.terminal import command_parser, print_line
from flows.flags import given
from pettingllms.cache.responses import KeptAnswer
from pettingllms.errors import ExitCode, SettingError
from pettingllms.run.finished_shards import forget_finished
from pettingllms.run.journal import unfinished_runs
from pettingllms.tools.cache import Sum, opened
from pettingllms.wording import counted

_DESCRIPTION = """\
Say which answers would be dropped; drop them with --yes. What is dropped has to
be paid for again: `cache export` with the same flags keeps a copy."""


def prune_parser() -> argparse.ArgumentParser:
    parser = command_parser("cache prune", "WHICH [--yes]", _DESCRIPTION)
    parser.add_argument("--yes", action="store_true", help="drop them; else they are only counted")
    add_selection(parser)
    add_cache(parser)
    return parser


def prune_command(arguments: Sequence[str]) -> int:
    flags = given(prune_parser().parse_args(arguments))
    chosen, folder, is_meant = selection(flags), cache_dir(flags), flags["yes"]
    if chosen.is_all:
        raise SettingError(
            "Nothing says which answers to drop.",
            "Choose by --older-than, --provider, --model or --unreferenced.",
        )
    with opened(folder) as cache:
        total = Sum()
        if chosen.not_among is not None:
            chosen = replace(chosen, unfinished=unfinished_runs(folder))
        doomed = _summed(filter(chosen.has, cache.entries()), total)
        cache.delete(doomed) if is_meant else deque(doomed, maxlen=0)
        left = len(cache)
    if is_meant:
        forget_finished(folder)
    print_line(
        f"{'Dropped' if is_meant else 'Would drop'} {counted(total.answers, 'answer')}"
        f" ({size(total.packed_bytes)}, {money(total)}) of {left + total.answers * is_meant:,}"
        f" in {folder}"
    )
    if total.answers and not is_meant:
        print_line("Nothing is dropped yet: add --yes.")
    return ExitCode.COMPLETE


def _summed(answers: Iterable[KeptAnswer], total: Sum) -> Iterator[str]:
    """Their keys; each is counted as it is taken."""
    for answer in answers:
        total.add(answer)
        yield answer.key
