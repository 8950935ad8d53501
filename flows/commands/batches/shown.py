"""Batches as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pettingllms.engine.batch.records import Batch
from pettingllms.engine.redis import KnownBatch


def page(batches: Sequence[Batch]) -> Padding:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title in ("batch", "state", "model"):
        table.add_column(title, no_wrap=True)
    for title in ("requests", "ended", "at most"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("since (UTC)", no_wrap=True)
    for batch in batches:
        counts = batch.counts
        table.add_row(
            batch.id[:8],
            batch.state,
            batch.config.model,
            f"{batch.size:,}",
            f"{counts.answered + counts.failed:,}",
            f"${batch.most_usd:,.2f}",
            _moment(batch.since),
        )
    notes = [note for batch in batches for note in _notes(batch)]
    parts: list[RenderableType] = [table, *([Text(), *notes] if notes else [])]
    return Padding(Group(*parts), 1)


def page_or_none(batches: Sequence[Batch], folder: Path) -> Padding | str:
    """Of those over the cache in `folder`: there may be others over another one."""
    return page(batches) if batches else f"No batch is under way or held over {folder}."


def page_of_others(batches: Sequence[KnownBatch]) -> Padding:
    """With the place that each is at, and can be collected from."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("on other machines", no_wrap=True)
    table.add_column("model", no_wrap=True)
    for title in ("requests", "at most"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("since (UTC)", no_wrap=True)
    for batch in batches:
        usd, since = f"${batch.most_usd:,.2f}", _moment(batch.since)
        table.add_row(batch.id[:8], batch.model, f"{batch.size:,}", usd, since)
    places = (Text(f"{batch.id[:8]}: at {batch.place}", overflow="fold") for batch in batches)
    return Padding(Group(table, Text(), *places), 1)


def _notes(batch: Batch) -> list[Text]:
    """What the table has no room for."""
    at_the_provider = f"at {batch.config.api_type} {batch.remote_id}" if batch.remote_id else ""
    said = "; ".join(filter(None, (at_the_provider, batch.why)))
    return [Text(f"{batch.id[:8]}: {said}")] if said else []


def _moment(since: float) -> str:
    return f"{datetime.fromtimestamp(since, UTC):%d %b %H:%M}" if since else "-"
