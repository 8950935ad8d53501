"""`batches ACTION`: what is done with provider batches, one module an action."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from flows.commands import Command
from flows.commands.actions import actions_parser, run_action

ACTIONS: Mapping[str, Command] = {
    "list": Command("those that are under way or held", f"{__name__}.list", "list"),
    "collect": Command("take the results that are there", f"{__name__}.collect", "collect"),
    "cancel": Command("end one at the provider", f"{__name__}.decide", "cancel"),
    "adopt": Command("say which one at the provider it is", f"{__name__}.decide", "adopt"),
    "release": Command("let its requests be bought again", f"{__name__}.decide", "release"),
}
_DESCRIPTION = """\
Look at the batches of runs with --batch, take their results, and decide what
only a person can tell. Each action has its own --help; without one: list."""


def batches_parser() -> argparse.ArgumentParser:
    return actions_parser("batches", _DESCRIPTION, ACTIONS)


def batches_command(arguments: Sequence[str]) -> int:
    is_bare = not arguments or (arguments[0].startswith("-") and arguments[0] not in _HELP)
    return run_action(batches_parser, ACTIONS, ["list", *arguments] if is_bare else arguments)


_HELP = ("-h", "--help")
