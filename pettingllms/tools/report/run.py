"""Which run a path means, and what is known of it beside its attempts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pettingllms.errors import OutputError
from pettingllms.export import Drops, RunFiles, RunInfo, read_drops, read_run
from pettingllms.export.stats import INTERRUPTED
from pettingllms.files.missing import why_missing

_EXPORTED = re.compile(r"sft_data_(\d{8}_\d{6})[._]")


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """`is_whole` tells a run that ended from one that left nothing but its attempts, of which
    `info` then says only when they were written."""

    files: RunFiles
    info: RunInfo
    drops: Drops
    is_whole: bool


def find_run(path: Path) -> RunFiles:
    """The run that `path` means: an output folder's newest, or the one that wrote the file.

    Raises: OutputError.
    """
    if path.is_dir():
        return RunFiles.of_attempts(_newest_attempts(path))
    if not path.is_file():
        raise OutputError(
            f"{path} {why_missing(path)}.", "Name an output folder, or a file of a run."
        )
    if path.name.startswith("attempts_"):
        return RunFiles.of_attempts(path)
    files = _run_of_export(path)
    if not files.attempts.is_file():
        raise OutputError(
            f"The attempts of {path} are not there: {files.attempts}.",
            "A report is made from them: name a run that still has its own.",
        )
    return files


def read_known(files: RunFiles) -> ReportedRun:
    """Raises: OutputError."""
    is_whole = files.stats.exists()
    info = read_run(files.stats) if is_whole else _unfinished(files.attempts)
    return ReportedRun(files, info, read_drops(files.dropped), is_whole)


def _run_of_export(path: Path) -> RunFiles:
    named = _EXPORTED.match(path.name)
    if named is None:
        raise OutputError(
            f"{path} is no file of a run.",
            "Name an output folder, or a file of it such as sft_data_20261124_235959.jsonl.",
        )
    return RunFiles(path.resolve().parent, named[1])


def _newest_attempts(folder: Path) -> Path:
    found = sorted((folder / "attempts").glob("attempts_*.jsonl"))
    if not found:
        raise OutputError(
            f"There is no run in {folder}: it has no attempts/attempts_*.jsonl.",
            "Name the OUTPUT_DIR of a collection.",
        )
    return next(filter(_has_come_to_its_end, reversed(found)), found[-1])


def _has_come_to_its_end(attempts: Path) -> bool:
    try:
        return read_run(RunFiles.of_attempts(attempts).stats).stopped_by != INTERRUPTED
    except OutputError:
        return False


def _unfinished(attempts: Path) -> RunInfo:
    written = datetime.fromtimestamp(attempts.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return RunInfo("", written, written, 0.0, {}, {})
