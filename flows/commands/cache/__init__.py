"""`cache ACTION`: what is done with the paid answers, one module an action.

To add one: a module with its parser and its function, and one row here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from flows.commands import Command
from flows.commands.actions import actions_parser, run_action

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
    return actions_parser("cache", _DESCRIPTION, ACTIONS)


def cache_command(arguments: Sequence[str]) -> int:
    return run_action(cache_parser, ACTIONS, arguments)
