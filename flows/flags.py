"""The command line's common parts: flags out of the settings table, and how an error is told."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, get_origin

from pydantic.fields import FieldInfo
from rich.console import Console
from rich.markup import escape
from rich_argparse import RawDescriptionRichHelpFormatter

from pettingllms.errors import FatalError
from pettingllms.settings import CONFIG_ENV, Settings, environment_name, group_of

PROGRAM = "python -m flows.collect"


class HelpFormatter(RawDescriptionRichHelpFormatter):
    group_name_formatter = str

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)


def add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE.toml", help=f"settings file [{CONFIG_ENV}]")


def add_settings(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """A flag for each of the settings `names`, in their groups."""
    groups: dict[str, Any] = {}
    for name in names:
        field = Settings.model_fields[name]
        title = group_of(field)
        group = groups.setdefault(title, None) or parser.add_argument_group(title)
        groups[title] = group
        group.add_argument(f"--{name.replace('_', '-')}", dest=name, **_argument(name, field))


def given(parsed: argparse.Namespace) -> dict[str, Any]:
    """The flags that were given."""
    return {name: value for name, value in vars(parsed).items() if value is not None}


def tell(error: FatalError) -> int:
    """On the terminal: what happened and what to do; returns the exit code."""
    console = Console(stderr=True)
    console.print(f"[bold red]error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
    if error.remedy:
        console.print(escape(error.remedy), highlight=False, soft_wrap=True)
    return error.exit_code


def _argument(name: str, field: FieldInfo) -> dict[str, Any]:
    """How argparse reads one setting; values stay text, which the settings table then checks."""
    help_text = f"{field.description} [{environment_name(field)}]{_default_of(field)}"
    shape: dict[str, Any] = {"default": None, "help": help_text.replace("%", "%%")}
    if field.annotation is bool:
        return {**shape, "action": argparse.BooleanOptionalAction}
    if get_origin(field.annotation) is tuple:
        return {**shape, "nargs": "+", "metavar": "SOURCE"}
    annotation: Any = field.annotation
    is_number = annotation in (int, float, int | None, float | None)
    return {**shape, "metavar": "N" if is_number else name.rsplit("_", 1)[-1].upper()}


def _default_of(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value in (None, False, ()):
        return ""
    text = str(value)
    return f" (default: {text if len(text) < 50 else text[:47] + '...'})"
