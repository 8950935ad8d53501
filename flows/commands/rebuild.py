"""`rebuild [ATTEMPTS.jsonl ...]`: make an export again, for nothing."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from flows.commands.terminal import command_parser, print_line
from flows.flags import add_config, add_settings, given, tell
from flows.summary_page import render_summary
from flows.terminal import Terminal
from pettingllms.errors import ExitCode, SettingError
from pettingllms.export import RunFiles, read_stats
from pettingllms.files.remote import is_url
from pettingllms.settings import Settings, resolve
from pettingllms.tools.merge import merge_attempts
from pettingllms.tools.rebuild import rebuild_from_attempts, rebuild_from_cache
from pettingllms.wording import counted

_DESCRIPTION = """\
Make an export again; nothing is sent. From an attempts file: the files of that
run, byte for byte, or as the given flags change them. From several, as of the
parts of a job: one export of all, beside the first. Without one: a run that
takes every answer from the cache, with the flags of a collection."""


def rebuild_parser() -> argparse.ArgumentParser:
    parser = command_parser("rebuild", "[ATTEMPTS.jsonl ...]", _DESCRIPTION)
    parser.add_argument("attempts", nargs="*", metavar="ATTEMPTS.jsonl")
    add_config(parser)
    add_settings(parser, Settings.model_fields)
    return parser


def rebuild_command(arguments: Sequence[str]) -> int:
    flags = given(rebuild_parser().parse_args(arguments))
    attempts: list[str] = flags.pop("attempts")
    if attempts:
        if any(map(is_url, (*attempts, flags.get("output_dir", "")))):
            raise SettingError(
                "A rebuild from attempts reads and writes files here.",
                "Copy the run's files from their URL, and name the copy of its attempts file.",
            )
        if "config" in flags:
            raise SettingError(
                "--config is for a rebuild from the cache.", "Name the changes as flags."
            )
        paths = [*map(Path, attempts)]
        if len(paths) > 1:
            done, files = "Merged", merge_attempts(paths, flags)
        else:
            done, files = "Rebuilt", rebuild_from_attempts(paths[0], flags)
        print_line(f"{done} {files.sft}{_rows_of(files)}")
        return ExitCode.COMPLETE
    report = asyncio.run(rebuild_from_cache(resolve(flags).settings))
    Terminal().print(render_summary(report.stats, report.files))
    for error in report.errors:
        tell(error)
    return report.exit_code


def _rows_of(files: RunFiles) -> str:
    """A run that was killed has no stats to say it."""
    has_stats = files.stats.exists()
    return f": {counted(read_stats(files.stats)['rows'], 'row')}" if has_stats else ""
