"""`dataset ACTION`: one data set from the runs of all nights, one module an action.

To add one: a module with its parser and its function, and one row here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from flows.commands import Command
from flows.commands.actions import actions_parser, run_action

ACTIONS: Mapping[str, Command] = {
    "build": Command("one data set from the runs of all nights", f"{__name__}.build", "build"),
    "diff": Command("what one has that another has not", f"{__name__}.diff", "diff"),
    "push": Command("bring it to the Hugging Face hub", f"{__name__}.push", "push"),
}
_DESCRIPTION = """\
Make one data set from the runs of all nights, compare two, or bring one to the
Hugging Face hub. Each action has its own --help."""


def dataset_parser() -> argparse.ArgumentParser:
    return actions_parser("dataset", _DESCRIPTION, ACTIONS)


def dataset_command(arguments: Sequence[str]) -> int:
    return run_action(dataset_parser, ACTIONS, arguments)
