"""What the actions have in common: which cache, which answers, and how they are told."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.table import Table

from flows.flags import add_config, add_settings
from pettingllms.errors import SettingError
from pettingllms.export import RunFiles, read_run
from pettingllms.files.remote import is_url
from pettingllms.settings import REPLAY, resolve
from pettingllms.tools.cache import Selection, Sum, referenced_keys
from pettingllms.utils.api_client import canonical_api_type


def add_cache(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    add_settings(parser, ("cache_dir",))


def cache_dir(flags: Mapping[str, Any]) -> Path:
    """The folder that the flags, the environment, or the settings file name."""
    named = {name: flags[name] for name in ("config", "cache_dir") if name in flags}
    return resolve({**named, "api_type": REPLAY}).settings.cache_dir


def cache_dir_of_run(attempts: Path, flags: Mapping[str, Any]) -> Path:
    """That of the flags, or of the run that wrote `attempts`. Raises: OutputError."""
    stats = RunFiles.of_attempts(attempts).stats
    if "cache_dir" in flags or not stats.exists():
        return cache_dir(flags)
    return Path(read_run(stats).settings["cache_dir"])


def labelled() -> Table:
    """A page of facts, each with its label."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("Which answers (all that are given must hold)")
    group.add_argument(
        "--older-than", metavar="DAYS", type=float, help="bought more than so many days ago"
    )
    group.add_argument("--provider", metavar="TYPE", help="of this provider")
    group.add_argument("--model", metavar="MODEL", help="of this model, by the name it was asked")
    group.add_argument(
        "--unreferenced",
        metavar="DIR",
        nargs="+",
        help="that no attempts file in these output folders names",
    )


def selection(flags: Mapping[str, Any]) -> Selection:
    """Raises: SettingError, UnknownProviderError; OutputError."""
    provider, folders = flags.get("provider"), flags.get("unreferenced")
    return Selection(
        before=_before(flags.get("older_than")),
        provider=None if provider is None else canonical_api_type(provider),
        model=flags.get("model"),
        not_among=None if folders is None else referenced_keys(_here(folders)),
    )


def _here(folders: Sequence[str]) -> list[Path]:
    if any(map(is_url, folders)):
        raise SettingError(
            "--unreferenced reads the attempts of all runs from folders here.",
            "Copy the folder `attempts` from its URL, and name the folder that it is in.",
        )
    return [Path(folder) for folder in folders]


def _before(days: float | None) -> datetime | None:
    if days is None:
        return None
    try:
        return datetime.now(UTC) - timedelta(days=days)
    except (OverflowError, ValueError) as error:
        raise SettingError(f"--older-than {days}: {error}.") from error


def money(total: Sum) -> str:
    """What it cost, as far as the price list knows."""
    unpriced = f", and {total.unpriced:,} of unknown price" if total.unpriced else ""
    return f"${total.usd:,.4f}{unpriced}"


def size(count: int) -> str:
    """Bytes, in the unit that makes them short."""
    number, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while number >= 1000 and len(units) > 1:
        number, units = number / 1000, units[1:]
    return f"{number:.0f} B" if units[0] == "B" else f"{number:.1f} {units[0]}"
