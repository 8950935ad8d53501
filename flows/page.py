"""What a run says about itself: log lines, the state's message, and its page in the UI."""

from __future__ import annotations

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from pettingllms.collection import Progress, Report
from pettingllms.export import Stats

STORY = {"story": True}
"""Marks the log records that tell the run's story, for whoever shows only those."""


def progress_line(progress: Progress) -> str:
    endings = progress.endings
    return (
        f"{progress.answered:,} of {progress.samples:,} samples answered:"
        f" {endings['accepted']:,} accepted, {endings['rejected']:,} rejected,"
        f" {endings['failed']:,} failed"
    )


def headline(report: Report) -> str:
    stats = report.stats
    if report.stopped_by is not None:
        return f"Stopped: {report.stopped_by.message}"
    if not stats.exported:
        return f"Nothing exported out of {stats.samples:,} samples; see {report.files.stats}"
    return f"{stats.accepted:,} of {stats.samples:,} samples accepted, ${stats.cost.usd:.4f}"


async def publish(report: Report) -> None:
    """Artifacts on the run's page: a summary to read, and the outcomes as a table."""
    await acreate_markdown_artifact(
        key="sft-collect-summary", markdown=_summary(report), description=headline(report)
    )
    await acreate_table_artifact(
        key="sft-collect-outcomes", table=_outcomes(report.stats), description="How samples ended"
    )


def _summary(report: Report) -> str:
    stats, files = report.stats, report.files
    return f"""# {headline(report)}

| problems | {stats.problems:,} |
|---|---|
| samples | {stats.samples:,} |
| requests sent | {stats.requests_sent:,} |
| answered from the cache | {stats.answered_from_cache:,} |
| tokens in / out | {stats.tokens_paid.prompt_tokens:,} / {stats.tokens_paid.completion_tokens:,} |
| cost | ${stats.cost.usd:.4f} (prices of {stats.cost.price_table_date}) |
| time | {stats.run.wall_s:.1f} s |

- SFT data: `{files.sft}`
- statistics: `{files.stats}`
- every attempt: `{files.attempts}`
"""


def _outcomes(stats: Stats) -> list[dict[str, str | int]]:
    rows = [("accepted", "", stats.accepted)]
    rows += [("not exported", reason, number) for reason, number in stats.dropped.items()]
    rows += [("rejected", reason, number) for reason, number in stats.rejected.items()]
    rows += [("failed", cause, number) for cause, number in stats.failed.items()]
    return [{"ending": e, "reason": r, "samples": n} for e, r, n in rows]
