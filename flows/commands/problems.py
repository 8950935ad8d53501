"""`problems FILE[:LINE]`: what is understood of a problem file."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.commands.terminal import command_parser
from flows.flags import add_config, add_settings, given
from flows.terminal import Terminal
from pettingllms.errors import ExitCode, one_line
from pettingllms.files.json import integers_of_any_length
from pettingllms.judge import Judge, find_sandbox
from pettingllms.run.check import limits_of
from pettingllms.settings import REPLAY, Settings, resolve
from pettingllms.tools.problem_view import ProblemView, rows_at, view_of

_DESCRIPTION = """\
Show what is understood of the first records of FILE, or of the one on LINE: the
prompt as it will be sent, the tests and limits, whether the reference passes,
and what is kept as metadata. Sends nothing."""
_SETTINGS = (
    *("map", "prompt_template", "untested", "ids", "metadata", "system_prompt", "language"),
    *("judge_cpu_seconds", "judge_memory_mb", "unsafe_sandbox"),
)
_LONGEST = 1_500
"""Characters of one text; --json has all of it."""


def problems_parser() -> argparse.ArgumentParser:
    parser = command_parser("problems", "FILE[:LINE]", _DESCRIPTION)
    parser.add_argument("file", metavar="FILE[:LINE]", help="as --problems, with a line or row")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="records (default: 1)")
    parser.add_argument("--json", action="store_true", help="as JSON, an object for each record")
    add_config(parser)
    add_settings(parser, _SETTINGS)
    return parser


def problems_command(arguments: Sequence[str]) -> int:
    flags = given(problems_parser().parse_args(arguments))
    place, count, is_json = flags.pop("file"), flags.pop("count"), flags.pop("json")
    settings = resolve({"api_type": REPLAY, **flags}).settings
    views = asyncio.run(_views(*_place(place), count, settings))
    with integers_of_any_length():
        for view in views:
            if is_json:
                page = json.dumps(asdict(view), ensure_ascii=False, indent=2)
                sys.stdout.write(f"{page}\n")
            else:
                Terminal().print(_page(view))
    return ExitCode.COMPLETE


def _place(words: str) -> tuple[str, int | None]:
    """The source, and the line, where one is named."""
    source, _, line = words.rpartition(":")
    return (source, int(line)) if source and line.isdecimal() else (words, None)


async def _views(
    source: str, line: int | None, count: int, settings: Settings
) -> list[ProblemView]:
    sandbox = find_sandbox(unsafe=settings.unsafe_sandbox)
    async with Judge(sandbox, limits_of(settings), workers=1) as judge:
        return [await view_of(row, settings, judge) for row in rows_at(source, line, count)]


def _page(view: ProblemView) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in _rows(view).items():
        table.add_row(label, Text(text))
    return Padding(Group(table), 1)


def _rows(view: ProblemView) -> dict[str, str]:
    asked = "\n\n".join(f"[{said['role']}]\n{said['content']}" for said in view.messages)
    limits = view.limits
    stated = [f"{limits.seconds} s"] if limits.seconds else []
    stated += [f"{limits.memory_mb} MB"] if limits.memory_mb else []
    rows = {
        "Record": view.origin,
        "Shape": view.shape,
        "Id": one_line(view.id),
        "Language": view.language or "",
        "Prompt": _clipped(asked),
        "Tests": _tests(view),
        "Compared": _rule(view),
        "Limits": ", ".join(stated),
        "Reference": view.reference,
        "Known wrong": view.weakness or "",
        "Metadata": ", ".join(f"{name} = {value!r}" for name, value in view.metadata.items()),
    }
    return {label: text for label, text in rows.items() if text}


def _tests(view: ProblemView) -> str:
    if not view.tests:
        return "none: answers are kept unverified"
    public = f", {view.public:,} of them public" if view.public else ""
    cases = "\n".join(_clipped(str(case), 300) for case in view.cases)
    return f"{view.tests:,}, by {view.kind}{public}\n{cases}"


def _rule(view: ProblemView) -> str:
    if view.has_checker:
        return "by the problem's own checker"
    rule: Any = view.comparison
    if rule is None:
        return ""
    usual = type(rule)()
    changed = [name for name in rule.__slots__ if getattr(rule, name) != getattr(usual, name)]
    return ", ".join(f"{name} = {getattr(rule, name)}" for name in changed)


def _clipped(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else f"{text[:most]} ... ({len(text):,} characters)"
