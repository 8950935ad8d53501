"""What the page says of a run in words: when it was, how it was set, what to mind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pettingllms.export import Stats
from pettingllms.export.filters import DropReason
from pettingllms.records.expenses import dollars
from pettingllms.tools.report.overview import Overview
from pettingllms.tools.written_sets import in_words
from pettingllms.wording import counted, kept_without_tests, not_asked, percent

_SETUP = {
    "api_type": "from {}",
    "temperature": "temperature {:g}",
    "max_tokens": "{:,} tokens at most",
    "samples": "samples {:,}",
    "max_turns": "turns {:,}",
}


def started(overview: Overview) -> str:
    """Like `25 November 2026, 19:20 UTC`; of a run without stats its stamp."""
    if not overview.run.is_whole:
        return f"Run {overview.run.files.stamp}"
    time = datetime.fromisoformat(overview.stats.run.started_at)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def setup(overview: Overview) -> Iterator[str]:
    """The settings that matter most, as far as the run's stats have them."""
    settings = overview.stats.run.settings
    for name, said in _SETUP.items():
        if name in settings:
            yield said.format(settings[name])


def notices(overview: Overview) -> Iterator[str]:
    stats = overview.stats
    if not overview.run.is_whole:
        yield "This run left no stats: it was killed, or has not ended."
    if stats.run.stopped_by:
        yield f"Stopped early: {stats.run.stopped_by.rstrip('.')}."
    if stats.not_reached:
        yield f"{counted(stats.not_reached, 'sample')} not reached."
    yield from (f"{said}." for said in not_asked(stats.failed))
    if stats.run.bad_records:
        yield f"{counted(stats.run.bad_records, 'bad record')} skipped."
    yield from (f"{said}." for said in kept_without_tests(stats.accepted_by_verdict))
    if stats.test_sets.written:
        yield f"A second agent wrote tests: {in_words(stats.test_sets)}."
    if stats.chat_markup > stats.dropped.get(DropReason.CHAT_MARKUP, 0):
        yield f"{counted(stats.chat_markup, 'row')} with chat markup, such as <|im_start|>."


def cost_note(stats: Stats) -> str:
    """What an accepted answer cost, or that not all prices are known; and what else may be
    charged."""
    return "; ".join(_cost_notes(stats))


def _cost_notes(stats: Stats) -> Iterator[str]:
    cost = stats.cost
    if cost.unpriced_requests:
        yield f"and {counted(cost.unpriced_requests, 'request')} unpriced"
    elif cost.usd and stats.accepted:
        yield f"{dollars(cost.usd / stats.accepted)} an accepted answer"
    if cost.perhaps_billed.sends:
        yield f"perhaps billed: {dollars(cost.perhaps_billed.usd)} more at most"


def pass_note(stats: Stats) -> str:
    """pass@k for the largest k that is known."""
    most = max(stats.pass_at_k, default=1)
    return f"pass@{most} {percent(stats.pass_at_k[most])}" if most > 1 else ""
