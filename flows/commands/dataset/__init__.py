"""`dataset ACTION`: one data set from the runs of all nights, one module an action.

To add one: a module with its parser and its function, and one row here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from flows.commands.dataset.build import build_command, build_parser
from flows.commands.dataset.diff import diff_command, diff_parser
from flows.commands.dataset.push import push_command, push_parser
from flows.commands.terminal import Command, command_parser
from pettingllms.errors import ExitCode

ACTIONS: Mapping[str, Command] = {
    "build": Command("one data set from the runs of all nights", build_parser, build_command),
    "diff": Command("what one has that another has not", diff_parser, diff_command),
    "push": Command("bring it to the Hugging Face hub", push_parser, push_command),
}
_DESCRIPTION = """\
Make one data set from the runs of all nights, compare two, or bring one to the
Hugging Face hub. Each action has its own --help."""


def dataset_parser() -> argparse.ArgumentParser:
    parser = command_parser("dataset", "ACTION", _DESCRIPTION)
    actions = parser.add_subparsers(
        title="actions",
        metavar="ACTION [FLAGS]",
        prog=parser.prog,
        parser_class=argparse.ArgumentParser,
    )
    for name, action in ACTIONS.items():
        actions.add_parser(name, help=action.summary, parents=[action.parser()], add_help=False)
    return parser


def dataset_command(arguments: Sequence[str]) -> int:
    word = arguments[0] if arguments else "--help"
    if word in ACTIONS:
        return ACTIONS[word].run(arguments[1:])
    dataset_parser().parse_args([word])  # prints the help, or raises
    return ExitCode.COMPLETE
