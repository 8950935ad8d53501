"""One HTML page of a run: its numbers, and every attempt to look at. It works from a file, alone.

A pure function of a run's files. Nothing is held in memory but what the top of the page and its
list need: the attempts are read twice, and written as they pass.
"""

from __future__ import annotations

from pathlib import Path

from pettingllms.export import RunFiles, iter_attempts
from pettingllms.files.atomic import atomic_write
from pettingllms.tools.report.run import find_run, read_known

__all__ = ["find_run", "report_beside", "write_report"]


def report_beside(files: RunFiles) -> Path:
    return files.output_dir / f"sft_data_{files.stamp}_report.html"


def write_report(files: RunFiles, page: Path) -> int:
    """Write `page`; returns how many attempts are in it. Raises: OutputError, DiskFullError."""
    from pettingllms.tools.report.overview import survey  # noqa: PLC0415 - most runs write none
    from pettingllms.tools.report.page import render_page  # noqa: PLC0415 - the same
    from pettingllms.tools.report.rows import row_blocks  # noqa: PLC0415 - the same

    overview = survey(iter_attempts(files.attempts), read_known(files))
    blocks = row_blocks(files.attempts, overview.attempts)
    atomic_write(page, render_page(overview, blocks))
    return overview.attempts
