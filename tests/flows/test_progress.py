"""The display of a running collection: what it says, and how it leaves the terminal."""

import asyncio
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import orjson
import pyte
import pytest
from rich.console import Console

from flows.progress import Meter, Snapshot, reading_shown_on, render, shown_on
from pettingllms.errors import ExitCode
from pettingllms.providers.dispatch import RateLimits, Traffic
from pettingllms.records import Expenses
from pettingllms.run.check import check
from pettingllms.run.progress import Progress
from pettingllms.settings import resolve
from pettingllms.simulator import FunctionAnswers, Hang, Simulator, SimulatorThread
from tests.processes import clean_environment
from tests.terminal import Terminal

from .conftest import add_problem, right_answer, write_problems

QUIET = Traffic(0, 0, RateLimits())
NOTHING = Expenses()


def drawn(snapshot: Snapshot, width: int = 80) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(render(snapshot))
    return console.export_text()


def test_a_snapshot_tells_rates_and_what_is_to_come() -> None:
    """Sends of the last minute, time at the pace of that minute, money as if none were cached."""
    meter = Meter(100.0)
    progress = Progress(problems=500, samples=1000)
    first = meter.snapshot(progress, QUIET, NOTHING, 100.0)
    assert (first.sends_per_minute, first.left_s, first.usd_in_all) == (None, None, None)
    meter.snapshot(progress, Traffic(9, 500, RateLimits()), NOTHING, 130.0)
    tally = progress.tally
    tally.samples, tally.accepted_by_turn = 200, Counter({0: 150})
    tally.rejected = Counter(wrong_answer=50)
    tally.samples_bought, tally._usd_by_turn[0] = 100, 2.0
    paid = Expenses(usd_by_turn={0: 3.0})  # some answers are not judged yet
    later = meter.snapshot(progress, Traffic(9, 700, RateLimits(6000)), paid, 170.0)
    assert later.done == 200
    assert later.sends_per_minute == pytest.approx(300)
    assert later.left_s == pytest.approx(160)
    assert later.usd == 3.0
    assert later.usd_in_all == pytest.approx(2.0 + 800 * 0.02)
    assert later.elapsed_s == 70
    unpriced = Expenses(unpriced=1)
    assert meter.snapshot(progress, QUIET, unpriced, 171.0).usd_in_all is None


def test_a_large_source_tells_how_far_it_is_read(tmp_path: Path) -> None:
    """Now and then, on a terminal; a small one shows nothing, and nothing stays there."""
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(2500)])
    folders = {name: str(tmp_path / name) for name in ("output_dir", "cache_dir")}
    resolved = resolve({"api_type": "replay", "problems": str(problems), **folders})
    told: list[int] = []
    check(resolved.settings, on_read=told.append)
    assert told == [1000, 2000]
    for counts, is_shown in (([1000, 250_000], True), ([], False)):
        screen = StringIO()
        with reading_shown_on(Console(file=screen, force_terminal=True, width=80)) as on_read:
            for count in counts:
                on_read(count)
        assert ("Reading the problems: 250,000 so far" in screen.getvalue()) == is_shown
        assert bool(screen.getvalue()) == is_shown


FULL = Snapshot(
    problems=5000, problems_done=1200, samples=10_000, answered=2600, accepted=2000,
    rejected={"wrong_answer": 300, "timeout": 90, "no_code": 7, "empty": 2, "refused": 1},
    failed={"rate_limit": 12}, traffic=Traffic(56, 4321, RateLimits(6000)), cached=312,
    sends_per_minute=820.4, usd=1.25, usd_in_all=6.5, unpriced=0, elapsed_s=3725.0, left_s=95.5,
)  # fmt: skip


def test_everything_is_said_in_a_few_lines() -> None:
    """At 80 columns; the rarest reasons give way."""
    text = drawn(FULL)
    for words in (
        "24%", "2,412 of 10,000 done, 188 more answered; 1,200 of 5,000 problems",
        "Accepted  2,000", "400  300 wrong answer, 90 timeout, 7 no code, 2 empty, ...",
        "12  12 rate limit", "56 in flight, 820/min of 6,000 allowed; 4,321 sends, 312 cached",
        "$1.2500 so far, about $6.50 in all",
        "1 h 02 min, about 1 min 36 s left",
    ):  # fmt: skip
        assert words in text


def test_a_narrow_terminal_gets_as_many_lines() -> None:
    """Cut off, not wrapped, so that the picture stays in its place."""
    assert drawn(FULL, 40).count("\n") == drawn(FULL).count("\n")
    assert max(map(len, drawn(FULL, 40).splitlines())) <= 40


@dataclass
class Watched:
    """What the display takes of a collection."""

    progress: Progress
    traffic: Traffic = QUIET
    bill: Expenses = NOTHING


@pytest.mark.parametrize("is_broken_off", [False, True])
async def test_the_display_is_wiped_unless_it_is_broken_off(is_broken_off: bool) -> None:
    """The summary takes its place; after an error it says how far the run was."""
    drawn, screen = StringIO(), pyte.Screen(80, 24)
    watched = Watched(Progress(2, 2))
    console = Console(file=drawn, force_terminal=True, width=80, height=24)
    with suppress(ZeroDivisionError):
        async with shown_on(console, watched):  # pyright: ignore[reportArgumentType]
            await asyncio.sleep(0.6)
            assert "0 of 2 done" in drawn.getvalue()
            watched.progress.tally.accepted_by_turn[0] = 1
            1 / (not is_broken_off)
    pyte.Stream(screen).feed(drawn.getvalue().replace("\n", "\r\n"))
    assert any("1 of 2 done" in line for line in screen.display) == is_broken_off
    assert any("Samples" in line for line in screen.display) == is_broken_off
    assert not screen.cursor.hidden


def test_ctrl_c_keeps_the_answers_and_gives_the_terminal_back(tmp_path: Path) -> None:
    """With the temporary Prefect server, to which the terminal sends it too. The last picture stays
    with the message under it; what the log warns of stands above."""
    problems = [add_problem(number) for number in range(4)]
    problems[3]["prompt"] = f"For maria.gonzalez@siemens-energy.com: {problems[3]['prompt']}"
    write_problems(tmp_path / "problems.jsonl", problems)

    def slow(body: object) -> str | Hang:
        answer = right_answer(body)
        return Hang() if "x + 2" in answer else answer

    environment = clean_environment(tmp_path, DO_NOT_TRACK="1")
    with SimulatorThread(Simulator(FunctionAnswers(slow), models=("gpt-4o",))) as simulator:
        command = [
            sys.executable, "-m", "flows.collect", "--problems", "problems.jsonl",
            "--api-type", "openai", "--base-url", simulator.base_url, "--shard-size", "1",
        ]  # fmt: skip
        terminal = Terminal(command, tmp_path, environment)
        seen = terminal.wait_until(lambda text: "3 of 4 done" in text and "1 in flight" in text)
        assert seen.index("1 problem is held back: 1 with an e-mail") < seen.index("Samples")
        assert "sends, 0 cached" in seen
        assert "samples answered:" not in seen
        assert not terminal.has_cursor
        terminal.press("\x03")
        told = terminal.wait_until(lambda text: "Run the same command to go on." in text)
        assert terminal.wait() == ExitCode.INTERRUPTED, terminal.text
    assert told.index("3 of 4 done") < told.index(
        "Interrupted (SIGINT). Every answer that arrived is kept"
    )
    assert "Traceback" not in told
    assert terminal.has_cursor
    assert terminal.modes == terminal.modes_at_first
    (stats,) = (tmp_path / "sft_data_code").glob("*_stats.json")
    assert orjson.loads(stats.read_bytes())["run"]["stopped_by"] == "interrupted"
