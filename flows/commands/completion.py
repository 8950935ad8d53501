"""`completion SHELL`: a script that completes commands and flags.

By shtab, since it is one small package, and its script asks no Python at each press of the tab key.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import shtab

from flows.cli import program_parser
from flows.commands import COMMANDS
from flows.commands.terminal import command_parser
from flows.flags import CONSOLE_SCRIPT
from pettingllms.errors import ExitCode
from pettingllms.export.formats import FORMATS
from pettingllms.records.languages import LANGUAGES
from pettingllms.settings import Settings
from pettingllms.utils.api_client import CLIENT_CLASSES

_SHELLS = ("bash", "zsh", "fish")
_DESCRIPTION = """\
Print a script that completes the commands and flags of sft-collect. To use it:

  bash   eval "$(sft-collect completion bash)"         in ~/.bashrc
  zsh    eval "$(sft-collect completion zsh)"          in ~/.zshrc, after compinit
  fish   sft-collect completion fish | source          in config.fish"""


def completion_parser() -> argparse.ArgumentParser:
    parser = command_parser("completion", "SHELL", _DESCRIPTION)
    parser.add_argument("shell", choices=_SHELLS, metavar="SHELL", help="bash, zsh or fish")
    return parser


def completion_command(arguments: Sequence[str]) -> int:
    shell: str = completion_parser().parse_args(arguments).shell
    sys.stdout.write(f"{shtab.complete(_all_commands(), shell)}\n")
    return ExitCode.COMPLETE


def _all_commands() -> argparse.ArgumentParser:
    """The program as one parser, each flag with what its value may be."""
    program = program_parser()
    program.prog = CONSOLE_SCRIPT
    words = program.add_subparsers(parser_class=argparse.ArgumentParser)
    for name, command in COMMANDS.items():
        words.add_parser(name, help=command.summary, parents=[command.parser()], add_help=False)
    for parser in (program, *words.choices.values()):
        for action in parser._actions:
            _teach(action)
    return program


def _teach(action: argparse.Action) -> None:
    """What shtab needs to know of a flag or an operand."""
    if action.nargs in ("+", "*"):
        action.nargs = None  # else its script for bash offers files in place of the next flag
    if values := _values(action):
        action.complete = values  # pyright: ignore[reportAttributeAccessIssue] - shtab's own


def _values(action: argparse.Action) -> Any:
    """How shtab completes the value of a flag or operand; None where it is anyone's guess."""
    if action.dest in _NAMES:
        return _one_of(_NAMES[action.dest])
    field = Settings.model_fields.get(action.dest)
    annotation = field.annotation if field else action.type
    if get_origin(annotation) is Literal:
        return _one_of(get_args(annotation))
    is_folder = action.dest.endswith("_dir")
    is_file = action.dest in _FILES or annotation in (Path, Path | None)
    if is_folder:
        return shtab.DIRECTORY
    return shtab.FILE if is_file or get_origin(annotation) is tuple else None


_NAMES: Mapping[str, Iterable[str]] = {
    "api_type": CLIENT_CLASSES,
    "format": FORMATS,
    "language": LANGUAGES,
}
"""Settings whose values are the rows of a table."""
_FILES = frozenset({"config", "file", "path", "attempts"})
"""Those that may be URLs are told by their names."""


def _one_of(words: Any) -> Any:
    return shtab.cmd(f"printf '%s\\n' {' '.join(words)}")
