"""`dataset push OWNER/NAME`: a data set to the Hugging Face hub."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from flows.commands.dataset.build import FOLDER
from flows.commands.terminal import command_parser, print_line
from pettingllms.errors import ExitCode
from pettingllms.tools.dataset import push

_DESCRIPTION = """\
Bring a data set to the Hugging Face hub, with its card: the files that are new
or another, in one commit; those that it no longer has are taken away. The
repository is made, private, where it is not there. The token comes from the
environment, and is named by its variable alone."""
_TOKEN = "HF_TOKEN"  # noqa: S105 - a variable's name


def push_parser() -> argparse.ArgumentParser:
    parser = command_parser("dataset push", "OWNER/NAME [--folder DIR]", _DESCRIPTION)
    parser.add_argument("repository", metavar="OWNER/NAME", help="the data set on the hub")
    parser.add_argument(
        "--folder", type=Path, default=Path(FOLDER), metavar="DIR", help=f"of it here ({FOLDER})"
    )
    parser.add_argument(
        "--token-env", default=_TOKEN, metavar="NAME", help=f"the token's variable ({_TOKEN})"
    )
    parser.add_argument("--public", action="store_true", help="make it public, if it is made")
    return parser


def push_command(arguments: Sequence[str]) -> int:
    asked = push_parser().parse_args(arguments)
    url = push(asked.folder, asked.repository, asked.token_env, is_private=not asked.public)
    print_line(f"Pushed: {url}")
    return ExitCode.COMPLETE
