"""The last page of a run, for the person who waited for it: what came out, and at what cost.

Readable from 60 columns up, with and without colour. Shows `Stats`; computes nothing new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pettingllms.errors import as_typed
from pettingllms.export.files import RunFiles
from pettingllms.export.filters import DropReason
from pettingllms.export.stats import Cost, Latency, Stats
from pettingllms.export.tally import ModelCounts
from pettingllms.records import PerhapsBilled
from pettingllms.tools.written_sets import in_words
from pettingllms.wording import (
    counted,
    duration,
    kept_without_tests,
    not_asked,
    share,
    turn_words,
    words,
)

_LABEL_WIDTH = 17


def render_summary(stats: Stats, files: RunFiles) -> RenderableType:
    """A page for a rich console."""
    notices = tuple(_notices(stats))
    page = (_outcomes(stats), Text(), _effort(stats), Text(), _places(files))
    return Padding(Group(*notices, Text(), *page) if notices else Group(*page), 1)


def _notices(stats: Stats) -> Iterator[Text]:
    if stats.run.stopped_by:
        yield Text.assemble(("Stopped early: ", "bold red"), as_typed(stats.run.stopped_by))
    if stats.not_reached:
        yield Text(f"{counted(stats.not_reached, 'sample')} not reached", "yellow")
    yield from (Text(as_typed(said), "yellow") for said in not_asked(stats.failed))
    if stats.run.bad_records:
        yield Text(f"{counted(stats.run.bad_records, 'bad record')} skipped", "yellow")
    yield from (Text(said, "yellow") for said in kept_without_tests(stats.accepted_by_verdict))
    if stats.chat_markup > stats.dropped.get(DropReason.CHAT_MARKUP, 0):
        rows = counted(stats.chat_markup, "row")
        yield Text(f"{rows} with chat markup such as <|im_start|>: --drop-chat-markup", "yellow")


def _outcomes(stats: Stats) -> Table:
    """Accepted, rejected and failed, each with its share of all samples."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(min_width=_LABEL_WIDTH, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    table.add_row(Text("Samples", "bold"), Text(f"{stats.samples:,}", "bold"), "", _asked(stats))
    turns = {turn_words(turn): count for turn, count in sorted(stats.accepted_by_turn.items())}
    _add_group(table, "Accepted", "green", turns, stats.samples)
    if stats.dropped:
        _add_group(table, "Not exported", "yellow", _ranked(stats.dropped), stats.samples)
    _add_group(table, "Rejected", "yellow", _ranked(stats.rejected), stats.samples)
    _add_group(table, "Failed", "red", _ranked(stats.failed), stats.samples)
    return table


def _asked(stats: Stats) -> str:
    spared = f", {stats.not_needed:,} more not needed" if stats.not_needed else ""
    return f"of {counted(stats.problems, 'problem')}{spared}"


def _add_group(
    table: Table, title: str, style: str, parts: Mapping[str, int], samples: int
) -> None:
    """A line for the whole, then one for each of its parts."""
    total = sum(parts.values())
    bold = f"bold {style}" if total else "dim"
    table.add_row(Text(title, bold), Text(f"{total:,}", bold), share(total, samples))
    for part, count in parts.items():
        bar = ProgressBar(samples, count, complete_style=style, finished_style=style)
        table.add_row(f"  {words(part)}", f"{count:,}", share(count, samples), bar)


def _effort(stats: Stats) -> Table:
    """What was sent, what it took and what it cost."""
    table = _labelled()
    table.add_row("Requests", _requests(stats))
    if stats.retries:
        table.add_row("Retries", _retries(stats.retries))
    if stats.requests_sent:
        used = stats.tokens_paid
        table.add_row("Tokens in", _tokens(used.prompt_tokens, used.cached_tokens, "cached"))
        thought = _tokens(used.completion_tokens, used.reasoning_tokens, "reasoning")
        table.add_row("Tokens out", thought)
    if stats.test_sets.written:
        table.add_row("Test writing", in_words(stats.test_sets))
    table.add_row("Cost", _cost(stats.cost, stats.requests_sent))
    if stats.cost.perhaps_billed.sends:
        table.add_row("Perhaps billed", _perhaps(stats.cost.perhaps_billed))
    if len(stats.models) > 1:
        for model, counts in stats.models.items():
            table.add_row(model, _model(counts))
    if stats.latency:
        table.add_row("Latency", _latency(stats.latency))
    table.add_row("Time", duration(stats.run.wall_s))
    return table


def _places(files: RunFiles) -> Table:
    table = _labelled()
    table.add_row("Folder", Text(files.folder))
    for label, path in (("Rows", files.sft), ("Stats", files.stats), ("Attempts", files.attempts)):
        table.add_row(label, str(path.relative_to(files.output_dir)))
    return table


def _labelled() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=_LABEL_WIDTH, style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _requests(stats: Stats) -> str:
    if not stats.requests_sent and stats.answered_from_cache:
        return "0 requests sent: every answer came from the cache"
    return f"{stats.requests_sent:,} sent, {stats.answered_from_cache:,} answered from the cache"


def _retries(retries: Mapping[str, int]) -> str:
    causes = ", ".join(f"{count:,} {words(cause)}" for cause, count in _ranked(retries).items())
    return f"{sum(retries.values()):,} ({causes})"


def _tokens(count: int, part: int, kind: str) -> str:
    return f"{count:,}, {part:,} of them {kind}" if part else f"{count:,}"


def _cost(cost: Cost, requests_sent: int) -> str:
    if not requests_sent:
        return "$0.0000 - nothing was sent"
    if cost.unpriced_requests:
        unpriced = counted(cost.unpriced_requests, "request")
        return f"${cost.usd:,.4f}, and {unpriced} that the price list does not know"
    if not cost.usd:
        return "$0.0000 - this provider is free"
    return f"${cost.usd:,.4f} (prices of {cost.price_table_date})"


def _perhaps(billed: PerhapsBilled) -> str:
    sends = counted(billed.sends, "send")
    most = f"at most ${billed.usd:,.4f} more" if billed.usd else "at a price that is not known"
    return f"{most}: {sends} without an answer, which may be charged"


def _model(counts: ModelCounts) -> str:
    """What one of several models did, and what a row of its cost."""
    said = [f"{counted(counts.answers, 'answer')}", f"${counts.usd:,.4f}"]
    if counts.pass_at_1 is not None:
        said += [f"pass@1 {counts.pass_at_1:.1%}", f"{counts.accepted:,} accepted"]
    if counts.usd_per_accepted is not None:
        said.append(f"${counts.usd_per_accepted:,.6f} for each")
    return ", ".join(said)


def _latency(latency: Latency) -> str:
    ranks = (
        ("median", latency.p50_s),
        ("p90", latency.p90_s),
        ("p99", latency.p99_s),
        ("max", latency.max_s),
    )
    return ", ".join(f"{rank} {seconds:.2f} s" for rank, seconds in ranks)


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first, equals by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
