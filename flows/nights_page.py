"""A run among the nights of its job: a table on its page, and word of what is unusual."""

from __future__ import annotations

import asyncio

from prefect import get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.events import emit_event
from prefect.runtime import flow_run

from flows.page import server_may_be_away
from flows.story import STORY
from pettingllms.errors import FatalError
from pettingllms.export import RunFiles
from pettingllms.records.expenses import dollars
from pettingllms.run.collection import Report
from pettingllms.tools.history import (
    NIGHTS_BEFORE,
    Night,
    Unusual,
    find_unusual,
    nights_like,
)
from pettingllms.tools.report import report_beside, write_report
from pettingllms.wording import duration, share

UNUSUAL = "sft-collect.unusual"
"""The event by which an automation learns of it."""


def write_report_beside(files: RunFiles) -> None:
    """The run's page; where it cannot be written, the run is none the worse."""
    try:
        write_report(files, report_beside(files))
    except FatalError as error:
        get_run_logger().warning("There is no report of this run: %s", error)


async def publish(report: Report) -> None:
    """The nights of this job as a table on the run's page; what is unusual of this one in its log,
    and as an event. Where they cannot be read, the run is none the worse."""
    files = report.files
    try:
        nights = await asyncio.to_thread(nights_like, files.folder, files.stamp, NIGHTS_BEFORE)
    except FatalError as error:
        get_run_logger().warning("The nights before are not shown: %s", error)
        return
    with server_may_be_away():
        await acreate_table_artifact(
            key="sft-collect-history",
            table=[*map(_row, reversed(nights))],
            description="The nights of this job, newest first",
        )
    for found in find_unusual(nights):
        if found.night is nights[-1]:
            get_run_logger().warning("%s", found, extra=STORY)
            _emit(found)


def _emit(found: Unusual) -> None:
    usual = found.usual
    emit_event(
        UNUSUAL,
        resource={
            "prefect.resource.id": f"prefect.flow-run.{flow_run.id}",
            "prefect.resource.name": flow_run.name or "",
        },
        payload={
            "message": str(found),
            "measure": found.measure.name,
            "value": found.value,
            "median": usual.middle,
            "low": usual.low,
            "high": usual.high,
            "before": [*usual.values],
        },
    )


def _row(night: Night) -> dict[str, str]:
    per_accepted = night.usd_per_accepted
    return {
        "began, UTC": f"{night.started:%Y-%m-%d %H:%M}",
        "model": night.model,
        "accepted": f"{night.accepted:,} of {night.samples:,}"
        f" ({share(night.accepted, night.samples)})",
        "an accepted row": "unknown" if per_accepted is None else dollars(per_accepted),
        "paid": dollars(night.usd),
        "pass@1": "unknown" if night.pass_at_1 is None else f"{night.pass_at_1:.1%}",
        "sent": f"{night.requests:,}",
        "from the cache": f"{night.cached:,}",
        "failed": f"{night.failed:,}",
        "time": duration(night.wall_s),
    }
