"""One export of a job that ran in parts, where all of them left their files in one place."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from pettingllms.errors import OutputError
from pettingllms.export import RunFiles, read_run
from pettingllms.tools.merge import merge_attempts
from pettingllms.tools.places import RunPlace, find_runs, opened


def export_job(place: str, run_ids: Sequence[str]) -> RunFiles:
    """The rows, stats and report of the runs `run_ids` together, in the folder or at the URL
    `place`, where they left theirs.

    Raises: OutputError where one of them is not there; as `merge_attempts`.
    """
    runs = _runs(place, run_ids)
    with ExitStack() as stack:
        attempts = [stack.enter_context(opened(run)).attempts for run in runs]
        return merge_attempts(attempts, {"output_dir": place}, with_report=True)


def _runs(place: str, run_ids: Sequence[str]) -> list[RunPlace]:
    """The newest are looked at first: they are most likely those."""
    wanted = set(run_ids)
    found: list[RunPlace] = []
    for run in sorted(find_runs([place], is_deep=False).runs, key=lambda run: run.stamp)[::-1]:
        with opened(run, only_stats=True) as files:
            run_id = read_run(files.stats).run_id
        if run_id in wanted:
            wanted.remove(run_id)
            found.append(run)
        if not wanted:
            return found
    raise OutputError(
        f"{len(wanted)} of {len(run_ids)} parts have not left their files in {place}.",
        "Name a folder, or a URL, that every worker and this machine reach, with --output-dir.",
    )
