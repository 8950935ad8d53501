"""`report [PATH]`: one HTML page of a run, to look at what came out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from flows.commands.terminal import command_parser, print_line
from flows.flags import given
from pettingllms.errors import ExitCode
from pettingllms.export import RunFiles
from pettingllms.export.download import fetch
from pettingllms.files.remote import is_url
from pettingllms.settings import REPLAY, resolve
from pettingllms.tools.report import find_run, report_beside, write_report

_DESCRIPTION = """\
Write one HTML page of a run: its numbers, and every attempt to search and read.
The page works offline and holds all prompts and answers: share it as you would
share those. PATH is an output folder (then its newest run), or any file of a
run, here or by URL; without it, the folder is OUTPUT_DIR."""


def report_parser() -> argparse.ArgumentParser:
    parser = command_parser("report", "[PATH]", _DESCRIPTION)
    parser.add_argument("path", nargs="?", metavar="PATH", help="a folder, or a file")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE.html",
        help="the page; by default beside the run, of a URL here",
    )
    return parser


def report_command(arguments: Sequence[str]) -> int:
    asked = given(report_parser().parse_args(arguments))
    place: str = asked.get("path") or resolve({"api_type": REPLAY}).settings.output_dir
    files = find_run(fetch(place))
    page: Path = asked.get("output") or _page_of(files, place)
    attempts = write_report(files, page)
    print_line(f"{attempts:,} attempts in {page}")
    return ExitCode.COMPLETE


def _page_of(files: RunFiles, place: str) -> Path:
    page = report_beside(files)
    return Path(page.name) if is_url(place) else page
