"""`cache ACTION`: what is done with the paid answers, one module an action.

To add one: a module with its parser and its function, and one row here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from flows.commands import Command
from flows.commands.terminal import command_parser
from pettingllms.errors import ExitCode

ACTIONS: Mapping[str, Command] = {
    "stats": Command("what it holds, and what that cost", f"{__name__}.stats", "stats"),
    "explain-key": Command("why a row is not answered from it", f"{__name__}.explain", "explain"),
    "prune": Command("drop answers, after a look at which", f"{__name__}.prune", "prune"),
    "export": Command("answers into a file", f"{__name__}.move", "export"),
    "import": Command("answers out of such a file", f"{__name__}.move", "import"),
    "share": Command("answers for other machines, through Redis", f"{__name__}.share", "share"),
}
_DESCRIPTION = """\
Look into the paid answers, drop or move them. Each action has its own --help."""


def cache_parser() -> argparse.ArgumentParser:
    parser = command_parser("cache", "ACTION", _DESCRIPTION)
    actions = parser.add_subparsers(
        title="actions",
        metavar="ACTION [FLAGS]",
        prog=parser.prog,
        parser_class=argparse.ArgumentParser,
    )
    for name, action in ACTIONS.items():
        actions.add_parser(name, help=action.summary, parents=[action.parser()], add_help=False)
    return parser


def cache_command(arguments: Sequence[str]) -> int:
    word = arguments[0] if arguments else "--help"
    if word in ACTIONS:
        return ACTIONS[word].run(arguments[1:])
    cache_parser().parse_args([word])  # prints the help, or raises
    return ExitCode.COMPLETE
