"""Commands whose first word is an action: `cache ACTION`, `dataset ACTION`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from flows.commands import Command
from flows.commands.terminal import command_parser
from pettingllms.errors import ExitCode


def actions_parser(
    name: str, description: str, actions: Mapping[str, Command]
) -> argparse.ArgumentParser:
    parser = command_parser(name, "ACTION", description)
    words = parser.add_subparsers(
        title="actions",
        metavar="ACTION [FLAGS]",
        prog=parser.prog,
        parser_class=argparse.ArgumentParser,
    )
    for word, action in actions.items():
        words.add_parser(word, help=action.summary, parents=[action.parser()], add_help=False)
    return parser


def run_action(
    parser: Callable[[], argparse.ArgumentParser],
    actions: Mapping[str, Command],
    arguments: Sequence[str],
) -> int:
    word = arguments[0] if arguments else "--help"
    if word in actions:
        return actions[word].run(arguments[1:])
    parser().parse_args([word])  # prints the help, or raises
    return ExitCode.COMPLETE
