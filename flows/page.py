"""What a run says about itself: log lines, the state's message, and its page in the UI."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from httpx import HTTPError
from prefect import get_client, get_run_logger
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.runtime import flow_run

from flows.picture import Ending, picture_url
from flows.story import HEARTBEAT, STORY
from pettingllms.errors import ExitCode
from pettingllms.export import RunFiles, Stats, by_rollout, iter_attempts
from pettingllms.providers.credentials import from_environment
from pettingllms.run.batches import BatchProgress
from pettingllms.run.collection import Report
from pettingllms.run.progress import Progress
from pettingllms.settings import REPLAY
from pettingllms.tools.report import report_beside
from pettingllms.utils.api_client import client_class
from pettingllms.wording import counted, shown

PARTIAL = "Partial"
"""The state of a run that ended well and lacks some of its rows; its tag in small letters."""
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|&!~]")


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

    marks = HEARTBEAT

    def __init__(self) -> None:
        self._id: UUID | None = None

    async def show(self, progress: Progress) -> None:
        percent = 100 * progress.ended / max(progress.samples, 1)
        line = progress_line(progress)
        with server_may_be_away():
            if self._id is None:
                self._id = await acreate_progress_artifact(
                    percent, key="sft-collect-progress", description=line
                )
            else:
                await aupdate_progress_artifact(self._id, percent, line)


class BatchBar:
    """The same, of the batches that a run waits for; no display shows them better."""

    marks = STORY

    def __init__(self) -> None:
        self._id: UUID | None = None

    async def show(self, progress: BatchProgress) -> None:
        percent = 100 * progress.ended / max(progress.requests, 1)
        with server_may_be_away():
            if self._id is None:
                self._id = await acreate_progress_artifact(
                    percent, key="sft-collect-batches", description=str(progress)
                )
            else:
                await aupdate_progress_artifact(self._id, percent, str(progress))


def headline(report: Report) -> str:
    stats = report.stats
    if report.stopped_by is not None:
        return f"Stopped: {report.stopped_by.message}"
    if report.not_delivered is not None:
        return report.not_delivered.message
    if not stats.rows:
        see = report.files.place(report.files.stats)
        return f"Nothing exported out of {stats.samples:,} samples; see {see}"
    accepted = f"{stats.accepted:,} of {stats.samples:,} samples accepted"
    if failed := sum(stats.failed.values()):
        accepted = f"Partial, {counted(failed, 'sample')} failed: {accepted}"
    if not stats.requests_sent:
        return f"Nothing new to ask for: {accepted}, $0.0000"
    return f"{accepted}, ${stats.cost.usd:.4f}"


async def publish(report: Report) -> None:
    """Artifacts on the run's page: a summary to read, and the endings as a table. Of a run that
    lacks some of its rows a tag says so in every list: its state has the colour of a whole one."""
    endings = list(_endings(report.stats))
    with server_may_be_away():
        if report.exit_code == ExitCode.PARTIAL:
            async with get_client() as client:
                await client.update_flow_run(flow_run.id, tags=[*flow_run.tags, PARTIAL.lower()])
        await asyncio.gather(
            acreate_markdown_artifact(
                key="sft-collect-summary",
                markdown=_summary(report, endings),
                description=escaped(headline(report)),
            ),
            acreate_table_artifact(
                key="sft-collect-outcomes",
                table=[
                    {"ending": e.kind, "reason": e.reason, "samples": e.samples} for e in endings
                ],
                description="How samples ended",
            ),
        )


@contextmanager
def server_may_be_away() -> Generator[None]:
    """Then the page lacks something; the run, which pays, goes on."""
    try:
        yield
    except HTTPError as error:
        get_run_logger().warning("The run's page is not up to date: %s", error)


def _summary(report: Report, endings: list[Ending]) -> str:
    stats, files = report.stats, report.files
    asked = _asked(stats)
    cost = f"${stats.cost.usd:.4f} (prices of {stats.cost.price_table_date})"
    if stats.cost.perhaps_billed.sends:
        cost += f"; perhaps billed: ${stats.cost.perhaps_billed.usd:.4f} more at most"
    return f"""# {escaped(headline(report))}

![How samples ended]({picture_url(endings, stats.samples)})

| problems | {stats.problems:,} |
|---|---|
| provider | {_plain(asked.provider)}, at {_plain(asked.url)} |
| model | {_plain(asked.model)} |
| samples | {stats.samples:,} |
| requests sent | {stats.requests_sent:,} |
| answered from the cache | {stats.answered_from_cache:,} |
| tokens in / out | {stats.tokens_paid.prompt_tokens:,} / {stats.tokens_paid.completion_tokens:,} |
| cost | {cost} |
| $ an accepted row | {_or_dash(stats.usd_per_accepted, ".4f")} |
| time | {stats.run.wall_s:.1f} s |
| run | {_plain(stats.run.run_id)} |
{_models(stats)}
{_report_link(report)}On {socket.gethostname()}:

- SFT data: `{_whole(files, files.sft)}`
- statistics: `{_whole(files, files.stats)}`
- every attempt: `{_whole(files, files.attempts)}`
{_failed_problems(report)}"""


def _models(stats: Stats) -> str:
    """A table of them, where there are several; none of one."""
    if len(stats.models) < 2:
        return ""
    rows = (
        f"| {_plain(name)} | {counts.answers:,} | {_or_dash(counts.pass_at_1, '.1%')}"
        f" | {counts.accepted:,} | ${counts.usd:.4f} | {_or_dash(counts.usd_per_accepted, '.6f')} |"
        for name, counts in stats.models.items()
    )
    head = "| model | answers | pass@1 | accepted | cost | $ an accepted |"
    return "\n".join(("", head, "|---|---|---|---|---|---|", *rows, ""))


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"


def _report_link(report: Report) -> str:
    """Where a browser finds its page, if there is one."""
    base = report.stats.run.settings.get("report_url")
    if not base:
        return ""
    return f"[The report of this run]({base}/{report_beside(report.files).name})\n\n"


@dataclass(frozen=True, slots=True)
class _Asked:
    provider: str
    url: str
    model: str


def _asked(stats: Stats) -> _Asked:
    """Whom the run asked: as it was set, or what that comes to."""
    settings = stats.run.settings
    provider = settings.get("api_type") or REPLAY
    cls = client_class(provider)
    usual_url = from_environment(cls.base_url_env) or cls.default_base_url
    answering = cls.default_model or ", ".join(stats.models)
    return _Asked(
        provider,
        settings.get("base_url") or usual_url or "a URL of its own",
        settings.get("model") or answering or "its first",
    )


def escaped(words: str) -> str:
    """Text from outside in Markdown: one line that is read as it stands, no markup and no HTML."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(shown(words).split()))


def _whole(files: RunFiles, path: Path) -> str:
    """Where it is for whoever reads this elsewhere."""
    return files.place(path if files.destination else path.absolute())


def _plain(words: object) -> str:
    """In one cell of a table, and no Markdown."""
    text = shown(str(words)).replace("|", "/").replace("`", "")
    return " ".join(f"`{text}`".split())


def _failed_problems(report: Report) -> str:
    """The first of them by name; of a run that is large, none, since all attempts are read."""
    stats = report.stats
    if not sum(stats.failed.values()) or stats.samples > _MOST_READ:
        return ""
    last = (turns[-1] for turns in by_rollout(iter_attempts(report.files.attempts)))
    answers = (turn for turn in last if turn.agent == "code")
    failed = ((turn.problem_id, turn.failure.cause) for turn in answers if turn.failure)
    named = [f"- {_plain(name)}: {cause.replace('_', ' ')}" for name, cause in failed]
    more = [f"- and {len(named) - _MOST_NAMED:,} more"] if len(named) > _MOST_NAMED else []
    return "\n".join(("", "Failed:", "", *named[:_MOST_NAMED], *more, ""))


_MOST_NAMED = 20
_MOST_READ = 20_000


def _endings(stats: Stats) -> Iterator[Ending]:
    yield Ending("accepted", "", stats.accepted)
    for kind, counts in (
        ("not exported", stats.dropped),
        ("rejected", stats.rejected),
        ("failed", stats.failed),
    ):
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        yield from (Ending(kind, reason, samples) for reason, samples in ranked)
