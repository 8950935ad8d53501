"""`report [PATH]`: one HTML page of a run, to look at what came out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from flows.commands.terminal import command_parser, print_line
from flows.flags import given
from pettingllms.errors import ExitCode
from pettingllms.report import find_run, report_beside, write_report
from pettingllms.settings import REPLAY, resolve

_DESCRIPTION = """\
Write one HTML page of a run: its numbers, and every attempt to search and read.
The page works offline and holds all prompts and answers: share it as you would
share those. PATH is an output folder (then its newest run), or any file of a
run; without it, the folder is OUTPUT_DIR."""


def report_parser() -> argparse.ArgumentParser:
    parser = command_parser("report", "[PATH]", _DESCRIPTION)
    parser.add_argument("path", type=Path, nargs="?", metavar="PATH", help="a folder, or a file")
    parser.add_argument(
        "--output", type=Path, metavar="FILE.html", help="the page; by default beside the run"
    )
    return parser


def report_command(arguments: Sequence[str]) -> int:
    asked = given(report_parser().parse_args(arguments))
    files = find_run(asked.get("path") or resolve({"api_type": REPLAY}).settings.output_dir)
    page: Path = asked.get("output") or report_beside(files)
    attempts = write_report(files, page)
    print_line(f"{attempts:,} attempts in {page}")
    return ExitCode.COMPLETE
