"""The last page of a run: the figures that matter, on any terminal from 60 columns up."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from flows.summary_page import render_summary
from pettingllms.export import RunFiles, Stats, compute_stats
from pettingllms.records import Attempt, Outcome
from tests.export.attempt_samples import answered, unanswered
from tests.export.test_stats import RUN

FILES = RunFiles(Path("results/a_folder"), "20261124_100000")
MIXED = compute_stats(
    [
        *(answered(f"a/{n}") for n in range(12)),
        answered("b/0", Outcome.ERROR),
        answered("b/0", turn=1, retries={"rate_limit": 4}),
        answered("c/0", Outcome.WRONG_ANSWER, cached=True),
        unanswered("d/0", "context_length"),
    ],
    RUN,
)


def page(stats: Stats, width: int = 80, files: RunFiles = FILES, encoding: str = "utf-8") -> str:
    """The summary as a terminal without colour shows it."""
    buffer = io.BytesIO()
    console = Console(file=io.TextIOWrapper(buffer, encoding=encoding), width=width)
    console.print(render_summary(stats, files))
    console.file.flush()
    return buffer.getvalue().decode(encoding)


def lines(text: str) -> list[str]:
    """Its lines, with runs of spaces and the bars taken out."""
    return [" ".join(line.strip(" ━╸╺-").split()) for line in text.splitlines()]


def priced(*costs: float | None) -> list[Attempt]:
    return [answered(f"p/{n}", cost_usd=cost) for n, cost in enumerate(costs)]


@pytest.mark.parametrize(
    "line",
    [
        "Samples 15 of 15 problems",
        "Accepted 13 86.7%",
        "at the first try 12 80.0%",
        "after one repair 1 6.7%",
        "Rejected 1 6.7%",
        "wrong answer 1 6.7%",
        "Failed 1 6.7%",
        "context length 1 6.7%",
        "Requests 15 sent, 1 answered from the cache",
        "Retries 4 (4 rate limit)",
        "Tokens in 140, 42 of them cached",
        "Tokens out 280, 56 of them reasoning",
        f"Cost $3.5000 (prices of {MIXED.cost.price_table_date})",
        "Latency median 1.00 s, p90 1.00 s, p99 1.00 s, max 1.00 s",
        "Time 3 min 12 s",
        "Folder results/a_folder",
        "Rows sft_data_20261124_100000.jsonl",
        "Stats sft_data_20261124_100000_stats.json",
        "Attempts attempts/attempts_20261124_100000.jsonl",
    ],
)
def test_the_page_says(line: str) -> None:
    """Each figure stands on a line of its own, beside its name."""
    assert line in lines(page(MIXED))


def test_a_run_from_the_cache_says_that_nothing_was_sent() -> None:
    """The second night's page: nothing sent, nothing paid."""
    text = lines(page(compute_stats([answered(cached=True)], RUN)))
    assert "Requests 0 requests sent: every answer came from the cache" in text
    assert "Cost $0.0000 - nothing was sent" in text


def test_an_unknown_price_is_not_shown_as_free() -> None:
    """Requests without a price are named; a free provider is called free."""
    unknown = page(compute_stats(priced(0.5, None, None), RUN))
    assert "$0.5000, and 2 requests that the price list does not know" in unknown
    assert "$0.0000 - this provider is free" in page(compute_stats(priced(0.0), RUN))


def test_what_went_wrong_stands_first() -> None:
    """An early stop, skipped records and answers that no test has seen."""
    run = replace(RUN, stopped_by="the account is [empty]", bad_records=1)
    text = lines(page(compute_stats([answered(outcome=Outcome.UNTESTED)], run)))
    assert text[1:4] == [
        "Stopped early: the account is [empty]",
        "1 bad record skipped",
        "1 accepted answer untested: no tests given",
    ]


def test_an_empty_run_has_a_page() -> None:
    """No division by zero, no answer claimed from the cache."""
    text = page(compute_stats([], RUN))
    assert "every answer" not in text
    assert "0 sent, 0 answered from the cache" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """A long folder is folded, not cut: all of it is there."""
    folder = Path("/a[bold]/" + "long/" * 40)
    text = page(MIXED, width, RunFiles(folder, "20261124_100000"))
    assert max(map(len, text.splitlines())) <= width
    assert str(folder) in "".join(text.split())
    assert "attempts/attempts_20261124_100000.jsonl" in text


def test_it_works_without_unicode_and_without_colour() -> None:
    """On an ASCII terminal the bars are dashes; into a file goes no escape code."""
    text = page(MIXED, encoding="ascii")
    assert "----" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "40 ms"), (59.9, "59.9 s"), (60, "1 min 00 s"), (3723, "1 h 02 min")],
)
def test_times_are_for_people(seconds: float, shown: str) -> None:
    """Seconds, minutes or hours, by size."""
    stats = compute_stats([], replace(RUN, wall_s=seconds))
    assert f"Time {shown}" in lines(page(stats))
