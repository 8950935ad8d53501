"""`cache explain-key ROW`: why a row is not answered from the cache."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.commands.cache.shared import cache_dir_of_run, labelled
from flows.commands.terminal import command_parser
from flows.flags import add_config, add_settings, given
from flows.terminal import Terminal
from pettingllms.cache.responses import KeptAnswer
from pettingllms.errors import ExitCode, SettingError
from pettingllms.records import Attempt
from pettingllms.settings import Settings, resolve
from pettingllms.tools.cache import (
    AttemptName,
    Explanation,
    RequestDifference,
    explain,
    opened,
    price_of,
    request_of_attempt,
    request_of_problem,
)

_DESCRIPTION = """\
Show the key of a row's request and, against the nearest request in the cache,
what differs. ROW is PROBLEM_ID[:SAMPLE] of the problems and settings that the
flags of a collection name, or of a run with --attempts; then it is compared
with what the cache held when the row was paid for."""
_SHOWN, _BEFORE = 60, 20
"""Characters of a long part, and how many of them before the first that differs."""


def explain_parser() -> argparse.ArgumentParser:
    parser = command_parser("cache explain-key", "ROW [--attempts FILE]", _DESCRIPTION)
    parser.add_argument("row", metavar="ROW", help="PROBLEM_ID or PROBLEM_ID:SAMPLE")
    parser.add_argument("--attempts", type=Path, metavar="FILE", help="attempts file of a run")
    add_config(parser)
    add_settings(parser, Settings.model_fields)
    return parser


def explain_command(arguments: Sequence[str]) -> int:
    flags = given(explain_parser().parse_args(arguments))
    name, attempts = AttemptName.of(flags.pop("row")), flags.pop("attempts", None)
    page = _of_run(name, attempts, flags) if attempts else _of_settings(name, flags)
    Terminal().print(page)
    return ExitCode.COMPLETE


def _of_settings(name: AttemptName, flags: Mapping[str, Any]) -> Padding:
    settings = resolve(flags).settings
    with opened(settings.cache_dir) as cache:
        explained = explain(cache, asyncio.run(request_of_problem(settings, name)))
    kept = explained.kept
    return _page(explained, f"yes: {_told(kept)}" if kept else "no")


def _of_run(name: AttemptName, attempts: Path, flags: Mapping[str, Any]) -> Padding:
    """Of the first turn that was paid for, or else of the first."""
    if others := flags.keys() - {"cache_dir"}:
        raise SettingError(
            f"With --attempts the settings are those of its run: {', '.join(sorted(others))} has"
            " no say.",
            "Leave it out; or leave out --attempts, and name the problems.",
        )
    turns = name.turns(attempts)
    turn = next((turn for turn in turns if _bought_at(turn)), turns[0])
    with opened(cache_dir_of_run(attempts, flags)) as cache:
        request = asyncio.run(request_of_attempt(attempts, turn, cache))
        explained = explain(cache, request, _bought_at(turn))
    kept = explained.kept
    if kept is None:
        return _page(explained, "no")
    since = "yes, since this run" if _bought_at(turn) else "yes, and the run found it"
    return _page(explained, f"{since}: {_told(kept)}")


def _bought_at(turn: Attempt) -> str:
    """Empty where the run had it for nothing, or not at all."""
    answer = turn.completion
    return "" if answer is None or answer.cached else answer.received_at


def _page(explained: Explanation, in_the_cache: str) -> Padding:
    table = labelled()
    table.add_row("Key", explained.key)
    table.add_row("In the cache", in_the_cache)
    parts: list[RenderableType] = [table]
    if explained.nearest is not None:
        table.add_row("Nearest", explained.nearest.key)
        table.add_row("", _told(explained.nearest))
        parts += [Text(), _differences(explained.differences)]
    elif not in_the_cache.startswith("yes:"):
        table.add_row("Nearest", "none: nothing like this prompt had been asked")
    parts += [Text(), Text("The API key, timeout, retries and pace are no part of a key.", "dim")]
    return Padding(Group(*parts), 1)


def _told(answer: KeptAnswer) -> str:
    usd = price_of(answer)
    price = "price unknown" if usd is None else f"${usd:,.4f}"
    return f"bought {answer.completion.received_at[:19].replace('T', ' ')} UTC, {price}"


def _differences(differences: Sequence[RequestDifference]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("differs", style="bold", no_wrap=True)
    table.add_column("this request", overflow="fold")
    table.add_column("the nearest", overflow="fold")
    for difference in differences:
        table.add_row(difference.part, *map(Text, _windows(difference.here, difference.there)))
    return table


def _windows(here: str | None, there: str | None) -> tuple[str, str]:
    """Each text around the first character that differs."""
    pairs = enumerate(zip(here or "", there or "", strict=False))
    same = next((n for n, (a, b) in pairs if a != b), min(len(here or ""), len(there or "")))
    return _window(here, same), _window(there, same)


def _window(text: str | None, at: int) -> str:
    if text is None:
        return "-"
    start = max(0, at - _BEFORE) if len(text) > _SHOWN else 0
    shown = text[start : start + _SHOWN].replace("\n", "\\n")
    return f"{'…' if start else ''}{shown}{'…' if start + _SHOWN < len(text) else ''}"
