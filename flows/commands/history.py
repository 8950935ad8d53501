"""`history [DIR ...]`: all nights on one page."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from flows.commands.terminal import command_parser, print_line
from flows.flags import given
from pettingllms.errors import ExitCode
from pettingllms.settings import REPLAY, resolve
from pettingllms.tools.history import write_history
from pettingllms.wording import counted

_DESCRIPTION = """\
Write one HTML page of all runs in the folders or at the URLs DIR, and in the
folders below them: what each night came to and cost, how that goes, what is out
of its usual range, and two runs side by side with the problems on which they
differ. Without DIR, of OUTPUT_DIR. The page works offline."""
_PAGE = "sft_history.html"


def history_parser() -> argparse.ArgumentParser:
    parser = command_parser("history", "[DIR ...]", _DESCRIPTION)
    parser.add_argument("places", nargs="*", metavar="DIR", help="output folders, or their URLs")
    parser.add_argument(
        "--output", type=Path, default=Path(_PAGE), metavar="FILE.html", help=f"the page ({_PAGE})"
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        default=(),
        metavar=("A", "B"),
        help="two runs by their stamps, or models; else the last night and the one before",
    )
    return parser


def history_command(arguments: Sequence[str]) -> int:
    asked = given(history_parser().parse_args(arguments))
    places = asked["places"] or [resolve({"api_type": REPLAY}).settings.output_dir]
    written = write_history(places, asked["output"], asked["compare"])
    for found in written.unusual:
        print_line(f"{found.night.model}: {found}")
    print_line(f"{counted(written.nights, 'night')} in {asked['output']}")
    return ExitCode.COMPLETE
