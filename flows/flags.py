"""The command line's common parts: flags out of the settings table, and how an error is told."""

from __future__ import annotations

import argparse
import difflib
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol, get_origin

from pydantic.fields import FieldInfo
from rich.text import Text
from rich_argparse import RawDescriptionRichHelpFormatter

from flows.terminal import Terminal
from pettingllms.errors import FatalError, SettingError, UnknownModelError, as_typed, typed
from pettingllms.settings import (
    CONFIG_ENV,
    Settings,
    environment_name,
    flag_of,
    group_of,
    metavar_of,
)

CONSOLE_SCRIPT = "sft-collect"
_IS_SCRIPT = Path(sys.argv[0]).name == CONSOLE_SCRIPT
PROGRAM = typed(CONSOLE_SCRIPT) if _IS_SCRIPT else f"{typed('python')} -m flows.collect"
"""As it was called, and can be again from here."""
_ERROR = "error:"
_MOST_USED = (
    "problems",
    "num_episodes",
    "api_type",
    "model",
    "base_url",
    "samples",
    "temperature",
    "max_tokens",
    "max_cost_usd",
    "output_dir",
)
"""What the help begins with."""


class _Writable(Protocol):
    def write(self, text: str, /) -> object: ...


class _HelpFormatter(RawDescriptionRichHelpFormatter):
    group_name_formatter = str

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)


class Parser(argparse.ArgumentParser):
    """Tells a mistake as every other one is told, with the flag that was probably meant."""

    def __init__(self, prog: str, usage: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=as_typed(description),
            epilog=as_typed(epilog),
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
        )

    def parse_args(  # pyright: ignore[reportIncompatibleMethodOverride] - no namespace is passed
        self, args: Sequence[str] | None = None
    ) -> argparse.Namespace:
        """Raises: SettingError."""
        parsed, unknown = self.parse_known_args(args)
        if unknown:
            raise self._unknown(unknown[0])
        return parsed

    def error(self, message: str) -> NoReturn:
        said = message.replace("ignored explicit argument", "takes no value, but was given")
        raise SettingError(f"{said[0].upper()}{said[1:]}.", self._see_help)

    def _print_message(self, message: str, file: _Writable | None = None) -> None:
        """The help. Raises: OSError, which argparse passes over in silence."""
        (file or sys.stdout).write(message)

    def _unknown(self, word: str) -> SettingError:
        if not word.startswith("-"):
            return SettingError(f"{word!r} belongs to no flag.", self._see_help)
        flag = word.partition("=")[0]
        known = {known.lstrip("-"): known for known in self._option_string_actions}
        return SettingError(f"There is no flag {flag}.", nearest(flag, known, self._see_help))

    @property
    def _see_help(self) -> str:
        return f"See {self.prog} --help."


def nearest(word: str, known: Mapping[str, str], otherwise: str) -> str:
    """The question whether one of `known`, by their names without dashes, was meant."""
    near = difflib.get_close_matches(word.lstrip("-").replace("_", "-"), known, n=1)
    return f"Did you mean {known[near[0]]}?" if near else otherwise


def add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE.toml", help=f"settings file [{CONFIG_ENV}]")


def add_show_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--show-config", action="store_true", help="print each setting and its origin, and stop"
    )


def add_collection(parser: argparse.ArgumentParser) -> None:
    """The flags of a run."""
    add_settings(parser, Settings.model_fields)
    add_config(parser)
    parser.add_argument("--dry-run", action="store_true", help="as the command `plan`")
    add_show_config(parser)


def add_settings(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """A flag for each of the settings `names`: the most used ones first, the others in their
    groups."""
    groups: dict[str, Any] = {"": parser}
    for name in sorted(names, key=_rank):
        field = Settings.model_fields[name]
        title = "" if name in _MOST_USED else group_of(field)
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        groups[title].add_argument(flag_of(name), dest=name, **_argument(name, field))


def _rank(name: str) -> int:
    return _MOST_USED.index(name) if name in _MOST_USED else len(_MOST_USED)


def given(parsed: argparse.Namespace) -> dict[str, Any]:
    """The flags that were given."""
    return {name: value for name, value in vars(parsed).items() if value is not None}


def tell(error: FatalError) -> int:
    """On the terminal, which may be gone: what happened and what to do; returns the exit code."""
    console = Terminal(stderr=True, highlight=False, soft_wrap=True)
    message = Text(console.wrapped(f"{_ERROR} {error.message}"))
    message.stylize("bold red", 0, len(_ERROR))
    with suppress(OSError):
        console.print(message)
        if error.remedy:
            console.print(Text(console.wrapped(error.remedy)))
        if isinstance(error, UnknownModelError) and error.nearest_model:
            console.print(Text(f"Try: {with_model(sys.argv[1:], error.nearest_model)}"))
    return error.exit_code


def with_model(words: Sequence[str], model: str) -> str:
    """The command of these words, as a shell takes it, with another model."""
    kept, skips = list[str](), False
    for word in words:
        if not skips and word != "--model" and not word.startswith("--model="):
            kept.append(word)
        skips = word == "--model"
    return f"{PROGRAM} {shlex.join([*kept, '--model', model])}"


def _argument(name: str, field: FieldInfo) -> dict[str, Any]:
    """How argparse reads one setting; values stay text, which the settings table then checks."""
    help_text = f"{field.description} [{environment_name(field)}]{_default_of(field)}"
    shape: dict[str, Any] = {"default": None, "help": help_text.replace("%", "%%")}
    if field.annotation is bool:
        return {**shape, "action": argparse.BooleanOptionalAction}
    if get_origin(field.annotation) is tuple:
        metavar = metavar_of(field) or "SOURCE"
        return {**shape, "nargs": "+", "action": "extend", "metavar": metavar}
    annotation: Any = field.annotation
    is_number = annotation in (int, float, int | None, float | None)
    return {**shape, "metavar": "N" if is_number else name.rsplit("_", 1)[-1].upper()}


def _default_of(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if value in (None, False, ()):
        return ""
    text = ",".join(value) if get_origin(field.annotation) is tuple else str(value)
    return f" (default: {text if len(text) < 50 else text[:47] + '...'})"
