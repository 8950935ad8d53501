"""What a run says about itself: log lines, the state's message, and its page in the UI."""

from __future__ import annotations

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from pettingllms.collection import Collection, Report
from pettingllms.export import Stats

STORY = {"story": True}
"""Marks the log records that tell the run's story, for whoever shows only those."""


def progress_line(collection: Collection) -> str:
    tally = collection.tally
    done = sum(tally[ending] for ending in ("accepted", "rejected", "failed"))
    return (
        f"{done:,} of {collection.samples:,} samples:"
        f" {tally['accepted']:,} accepted, {tally['rejected']:,} rejected,"
        f" {tally['failed']:,} failed; {tally['requests']:,} requests sent"
    )


def headline(report: Report) -> str:
    stats = report.stats
    if report.stopped_by is not None:
        return f"Stopped: {report.stopped_by}"
    if not stats.accepted:
        return f"Nothing accepted out of {stats.samples} samples; see {report.files.stats}"
    return f"{stats.accepted} of {stats.samples} accepted, ${stats.cost_usd:.4f}"


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

| | |
|---|---|
| problems | {stats.problems:,} |
| samples | {stats.samples:,} |
| requests sent | {stats.requests_sent:,} |
| answered from the cache | {stats.answered_from_cache:,} |
| tokens in / out | {stats.prompt_tokens:,} / {stats.completion_tokens:,} |
| cost | ${stats.cost_usd:.4f} (prices of {stats.price_table_date}) |
| time | {stats.wall_s:.1f} s |

- SFT data: `{files.sft}`
- statistics: `{files.stats}`
- every attempt: `{files.attempts}`
"""


def _outcomes(stats: Stats) -> list[dict[str, str | int]]:
    rows = [("accepted", "", stats.accepted)]
    rows += [("rejected", reason, number) for reason, number in stats.rejected.items()]
    rows += [("failed", cause, number) for cause, number in stats.failed.items()]
    return [{"ending": e, "reason": r, "samples": n} for e, r, n in rows]
