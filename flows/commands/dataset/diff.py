"""`dataset diff A B`: what one data set has that another has not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from flows.commands.terminal import command_parser, print_line
from pettingllms.errors import ExitCode
from pettingllms.tools.dataset import Change, difference
from pettingllms.wording import counted

_DESCRIPTION = """\
Compare two data sets that `dataset build` has made: rows that B has and A has
not, those that it has no longer, and those of which text, verdict or split is
another."""


def diff_parser() -> argparse.ArgumentParser:
    parser = command_parser("dataset diff", "A B", _DESCRIPTION)
    parser.add_argument("before", type=Path, metavar="A", help="a data set's folder")
    parser.add_argument("after", type=Path, metavar="B", help="another one's")
    return parser


def diff_command(arguments: Sequence[str]) -> int:
    asked = diff_parser().parse_args(arguments)
    found = difference(asked.before, asked.after)
    for name, (old, new) in found.options.items():
        print_line(f"{name}: {old} before, {new} after")
    if found.runs_added or found.runs_removed:
        print_line(f"Runs: {found.runs_added:,} more, {found.runs_removed:,} no longer")
    _show("added", found.added)
    _show("removed", found.removed)
    _show("changed", found.changed)
    _show("in the other split", found.moved)
    if found.is_empty:
        print_line("The same rows, built the same way")
    return ExitCode.COMPLETE


def _show(title: str, change: Change) -> None:
    if not change.count:
        return
    print_line(f"{counted(change.count, 'row')} {title}")
    for name in change.first:
        print_line(f"  {name}")
    if change.count > len(change.first):
        print_line(f"  and {change.count - len(change.first):,} more")
