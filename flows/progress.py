"""A run on a terminal, while it works: a few lines that are drawn again four times a second.

`Meter` takes frozen snapshots of a collection, `render` draws one; neither knows the terminal.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.status import Status
from rich.table import Table
from rich.text import Text

from pettingllms.export import Outcomes
from pettingllms.providers.dispatch import Traffic
from pettingllms.records import Expenses
from pettingllms.run.collection import Collection
from pettingllms.run.progress import Progress
from pettingllms.wording import duration

_REFRESH_S = 0.25
_WINDOW_S = 60.0
_LEAST_S = 2.0
"""Rates are of the last minute, and not told from less than two seconds."""
_REASONS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment. Samples `done` are judged; rates are of the last minute, None while
    nothing can be said; `usd` is on the bill by now, judged or not, and `usd_in_all` what all may
    cost, as the judged samples tell, if no more answers are cached."""

    problems: int
    problems_done: int
    samples: int
    answered: int
    accepted: int
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    traffic: Traffic
    cached: int
    sends_per_minute: float | None
    usd: float
    usd_in_all: float | None
    unpriced: int
    elapsed_s: float
    left_s: float | None

    @property
    def done(self) -> int:
        return self.accepted + sum(self.rejected.values()) + sum(self.failed.values())


@dataclass(frozen=True, slots=True)
class _Point:
    at_s: float
    sends: int
    done: int


class Meter:
    """Takes snapshots, and remembers a minute of them for the rates."""

    def __init__(self, now_s: float) -> None:
        self._started_s = now_s
        self._points: deque[_Point] = deque()

    def snapshot(
        self, progress: Progress, traffic: Traffic, bill: Expenses, now_s: float
    ) -> Snapshot:
        tally, done = progress.tally, progress.ended
        sends_per_s, done_per_s = self._rates(_Point(now_s, traffic.sends, done))
        left = progress.samples - done
        return Snapshot(
            problems=progress.problems,
            problems_done=tally.problems,
            samples=progress.samples,
            answered=progress.answered,
            accepted=tally.accepted,
            rejected=dict(tally.rejected.most_common()),
            failed=dict(tally.failed.most_common()),
            traffic=traffic,
            cached=tally.answered_from_cache,
            sends_per_minute=None if sends_per_s is None else sends_per_s * 60,
            usd=bill.usd,
            usd_in_all=_usd_in_all(tally, bill, left),
            unpriced=bill.unpriced,
            elapsed_s=now_s - self._started_s,
            left_s=left / done_per_s if done_per_s else None,
        )

    def _rates(self, now: _Point) -> tuple[float | None, float | None]:
        """Sends and samples done, a second."""
        self._points.append(now)
        while self._points[0].at_s < now.at_s - _WINDOW_S:
            self._points.popleft()
        first = self._points[0]
        seconds = now.at_s - first.at_s
        if seconds < _LEAST_S:
            return None, None
        return (now.sends - first.sends) / seconds, (now.done - first.done) / seconds


def _usd_in_all(tally: Outcomes, bill: Expenses, left: int) -> float | None:
    """As if each sample that is left cost what those did that were not for nothing."""
    if not tally.samples_bought or bill.unpriced:
        return None
    return max(bill.usd, tally.usd * (1 + left / tally.samples_bought))


def render(snapshot: Snapshot) -> RenderableType:
    """Seven lines at any width from 40 columns up."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_row("Samples", _bar(snapshot))
    table.add_row("", _samples(snapshot))
    table.add_row("Accepted", Text(f"{snapshot.accepted:,}", "green"))
    table.add_row("Rejected", _reasons(snapshot.rejected, "yellow"))
    if snapshot.failed:
        table.add_row("Failed", _reasons(snapshot.failed, "red"))
    table.add_row("Requests", _requests(snapshot))
    table.add_row("Cost", _cost(snapshot))
    table.add_row("Time", _time(snapshot))
    return Padding(table, (1, 1, 0, 1))


def _bar(snapshot: Snapshot) -> Table:
    share = snapshot.done / snapshot.samples if snapshot.samples else 1.0
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(ratio=1)
    bar.add_column(justify="right", no_wrap=True)
    bar.add_row(ProgressBar(1.0, share, complete_style="green"), f"{share:.0%}")
    return bar


def _samples(snapshot: Snapshot) -> Text:
    waiting = snapshot.answered - snapshot.done
    answered = f", {waiting:,} more answered" if waiting > 0 else ""
    return Text(
        f"{snapshot.done:,} of {snapshot.samples:,} done{answered};"
        f" {snapshot.problems_done:,} of {snapshot.problems:,} problems"
    )


def _reasons(counts: Mapping[str, int], style: str) -> Text:
    """The sum, then the most frequent reasons."""
    total = sum(counts.values())
    told = [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items()]
    if len(told) > _REASONS_SHOWN:
        told = [*told[:_REASONS_SHOWN], "..."]
    reasons = f"  {', '.join(told)}" if told else ""
    return Text.assemble((f"{total:,}", style if total else "dim"), (reasons, "dim"))


def _requests(snapshot: Snapshot) -> Text:
    traffic, limit = snapshot.traffic, snapshot.traffic.limits.requests_per_minute
    rate = snapshot.sends_per_minute
    allowed = "" if limit is None else f" of {limit:,.0f} allowed"
    pace = "" if rate is None else f", {rate:,.0f}/min{allowed}"
    so_far = f"{traffic.sends:,} sends, {snapshot.cached:,} cached"
    return Text(f"{traffic.in_flight:,} in flight{pace}; {so_far}")


def _cost(snapshot: Snapshot) -> Text:
    spent = f"${snapshot.usd:,.4f}"
    if snapshot.unpriced:
        return Text(f"{spent}, and {snapshot.unpriced:,} requests of unknown price")
    if not snapshot.usd_in_all:
        return Text(spent)
    in_all = f"{snapshot.usd_in_all:,.{2 if snapshot.usd_in_all >= 1 else 4}f}"
    return Text(f"{spent} so far, about ${in_all} in all")


def _time(snapshot: Snapshot) -> Text:
    left = "" if snapshot.left_s is None else f", about {duration(math.ceil(snapshot.left_s))} left"
    return Text(f"{duration(math.ceil(snapshot.elapsed_s))}{left}")


@contextmanager
def reading_shown_on(terminal: Console) -> Generator[Callable[[int], None]]:
    """To be told how many problems have been read, of sources that take long. Nothing is shown
    before that, and off a terminal nothing at all."""
    with ExitStack() as stack:
        shown: list[Status] = []

        def tell(problems: int) -> None:
            if not shown:
                shown.append(stack.enter_context(terminal.status("")))
            shown[0].update(f"Reading the problems: {problems:,} so far ...")

        yield tell


@asynccontextmanager
async def shown_on(console: Console, collection: Collection) -> AsyncGenerator[None]:
    """Draw `collection` on a terminal while the block runs. The last picture is wiped, since the
    summary follows; it stays where the block is broken off."""
    meter = Meter(time.monotonic())

    def picture() -> RenderableType:
        now_s = time.monotonic()
        parts = collection.progress, collection.traffic, collection.bill
        return render(meter.snapshot(*parts, now_s))

    with Live(picture(), console=console, auto_refresh=False, transient=True) as live:
        drawing = asyncio.create_task(_draw(live, picture))
        try:
            yield
        except BaseException:
            live.update(picture())
            live.transient = False
            raise
        finally:
            drawing.cancel()


async def _draw(live: Live, picture: Callable[[], RenderableType]) -> None:
    while True:
        await asyncio.sleep(_REFRESH_S)
        live.update(picture(), refresh=True)
