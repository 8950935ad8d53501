"""What a run says about itself: log lines, the state's message, and its page in the UI."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from uuid import UUID

from httpx import HTTPError
from prefect import get_run_logger
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)

from flows.picture import Ending, picture_url
from pettingllms.export import Stats
from pettingllms.run.collection import Report
from pettingllms.run.progress import Progress

STORY = {"story": True}
"""Marks the log records that tell the run's story, for whoever shows only those."""
HEARTBEAT = {**STORY, "heartbeat": True}
"""Marks those that say how far it is, which a display shows better."""


def leave_out_good_ends() -> None:
    """Leave out of the log that each task ended well: there are three of them for each shard."""
    logging.getLogger("prefect.task_runs").addFilter(_is_worth_telling)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Finished in state Completed")


def progress_line(progress: Progress) -> str:
    tally = progress.tally
    return (
        f"{progress.answered:,} of {progress.samples:,} samples answered:"
        f" {tally.accepted:,} accepted, {tally.rejected.total():,} rejected,"
        f" {tally.failed.total():,} failed"
    )


class ProgressBar:
    """The part of a run's page that moves: which share of its samples has ended."""

    def __init__(self) -> None:
        self._id: UUID | None = None

    async def show(self, progress: Progress) -> None:
        percent = 100 * progress.ended / max(progress.samples, 1)
        line = progress_line(progress)
        with _server_may_be_away():
            if self._id is None:
                self._id = await acreate_progress_artifact(
                    percent, key="sft-collect-progress", description=line
                )
            else:
                await aupdate_progress_artifact(self._id, percent, line)


def headline(report: Report) -> str:
    stats = report.stats
    if report.stopped_by is not None:
        return f"Stopped: {report.stopped_by.message}"
    if report.not_delivered is not None:
        return report.not_delivered.message
    if not stats.exported:
        see = report.files.place(report.files.stats)
        return f"Nothing exported out of {stats.samples:,} samples; see {see}"
    accepted = f"{stats.accepted:,} of {stats.samples:,} samples accepted"
    if not stats.requests_sent:
        return f"Nothing new to ask for: {accepted}, $0.0000"
    return f"{accepted}, ${stats.cost.usd:.4f}"


async def publish(report: Report) -> None:
    """Artifacts on the run's page: a summary to read, and the endings as a table."""
    endings = list(_endings(report.stats))
    with _server_may_be_away():
        await acreate_markdown_artifact(
            key="sft-collect-summary",
            markdown=_summary(report, endings),
            description=headline(report),
        )
        await acreate_table_artifact(
            key="sft-collect-outcomes",
            table=[{"ending": e.kind, "reason": e.reason, "samples": e.samples} for e in endings],
            description="How samples ended",
        )


@contextmanager
def _server_may_be_away() -> Generator[None]:
    """Then the page lacks something; the run, which pays, goes on."""
    try:
        yield
    except HTTPError as error:
        get_run_logger().warning("The run's page is not up to date: %s", error)


def _summary(report: Report, endings: list[Ending]) -> str:
    stats, files = report.stats, report.files
    return f"""# {headline(report)}

![How samples ended]({picture_url(endings, stats.samples)})

| problems | {stats.problems:,} |
|---|---|
| samples | {stats.samples:,} |
| requests sent | {stats.requests_sent:,} |
| answered from the cache | {stats.answered_from_cache:,} |
| tokens in / out | {stats.tokens_paid.prompt_tokens:,} / {stats.tokens_paid.completion_tokens:,} |
| cost | ${stats.cost.usd:.4f} (prices of {stats.cost.price_table_date}) |
| time | {stats.run.wall_s:.1f} s |

- SFT data: `{files.place(files.sft)}`
- statistics: `{files.place(files.stats)}`
- every attempt: `{files.place(files.attempts)}`
"""


def _endings(stats: Stats) -> Iterator[Ending]:
    yield Ending("accepted", "", stats.accepted)
    for kind, counts in (
        ("not exported", stats.dropped),
        ("rejected", stats.rejected),
        ("failed", stats.failed),
    ):
        yield from (Ending(kind, reason, samples) for reason, samples in counts.items())
