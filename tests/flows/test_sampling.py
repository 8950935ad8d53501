"""How many answers are asked for and which are kept, through the flow."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import orjson
import pytest

from pettingllms.errors import ExitCode
from pettingllms.simulator import ChatBody, ErrorReply, FunctionAnswers, Simulator, SimulatorThread

from .conftest import Collector, add_problem, right_answer, rows_of

WRONG = "```python\ndef add(x):\n    return 'no'\n```"


@contextmanager
def in_turn(folder: Path, *answers: str | ErrorReply) -> Iterator[tuple[Collector, Simulator]]:
    """A provider that gives `answers` in turn, and the right one from then on."""
    calls = count()

    def answer(body: ChatBody) -> str | ErrorReply:
        number = next(calls)
        return answers[number] if number < len(answers) else right_answer(body)

    with SimulatorThread(Simulator(FunctionAnswers(answer), models=("m",))) as simulator:
        yield Collector(folder, simulator.base_url), simulator


async def test_asking_stops_once_enough_answers_pass(tmp_path: Path, prefect: str) -> None:
    """Two wrong answers, then right ones: two are accepted with four requests of eight."""
    with in_turn(tmp_path, WRONG, WRONG) as (collector, simulator):
        report = await collector.collect([4], samples=8, accept=2, max_turns=1)
        assert (report.stats.accepted, report.stats.rejected) == (2, {"wrong_answer": 2})
        assert (report.stats.samples, report.stats.not_needed) == (4, 4)
        assert simulator.counts[200] == 4
        assert report.exit_code == ExitCode.COMPLETE


async def test_no_more_is_asked_for_than_is_still_needed(tmp_path: Path, prefect: str) -> None:
    """After one success of three, the next wave has two."""
    with in_turn(tmp_path, WRONG, WRONG, right_answer_to(4)) as (collector, simulator):
        report = await collector.collect([4], samples=3, accept=3, max_turns=1)
        assert (report.stats.samples, report.stats.not_needed) == (3, 0)
        report = await collector.collect([4], samples=9, accept=3, max_turns=1)
        assert (report.stats.samples, report.stats.requests_sent) == (5, 2)
        assert simulator.counts[200] == 5


def right_answer_to(number: int) -> str:
    return f"```python\ndef add(x):\n    return x + {number}\n```"


async def test_more_samples_later_cost_only_the_new_ones(collector: Collector) -> None:
    """And enough of them, or fewer, cost nothing at all."""
    assert (await collector.collect(range(4), samples=2)).stats.requests_sent == 8
    assert (await collector.collect(range(4), samples=5)).stats.requests_sent == 12
    for changes in ({"samples": 3}, {"samples": 9, "accept": 4}, {"samples": 5, "accept": 1}):
        assert (await collector.collect(range(4), **changes)).stats.requests_sent == 0


async def test_samples_of_a_problem_stay_together_whatever_the_shard(collector: Collector) -> None:
    """A shard smaller than a problem's samples changes no byte."""
    large = await collector.collect(range(5), samples=3, accept=2)
    small = await collector.collect(range(5), samples=3, accept=2, shard_size=1)
    assert large.files.sft.read_bytes() == small.files.sft.read_bytes()
    assert len(rows_of(small)) == 10


async def test_a_row_that_failed_does_not_end_the_asking(tmp_path: Path, prefect: str) -> None:
    """The sample is counted as failed, the next one is asked."""
    refusal = ErrorReply(400, "too long", code="context_length_exceeded")
    with in_turn(tmp_path, refusal) as (collector, _):
        report = await collector.collect([1], samples=3, accept=1)
        assert (report.stats.accepted, report.stats.failed) == (1, {"context_length": 1})
        assert report.stats.not_needed == 1


async def test_the_best_answers_to_a_problem_are_exported(tmp_path: Path, prefect: str) -> None:
    """Of three that pass, the two with the shortest code; the other is counted."""
    long = "```python\ndef add(x):\n    total = x + 4\n    return total\n```"
    with in_turn(tmp_path, long, right_answer_to(4), right_answer_to(4)) as (collector, _):
        report = await collector.collect([4], samples=3, keep=2)
        stats = orjson.loads(report.files.stats.read_bytes())
        assert (stats["accepted"], stats["exported"]) == (3, 2)
        assert stats["dropped"] == {"surplus": 1}
        assert not any("total" in row["messages"][-1]["content"] for row in rows_of(report))


async def test_a_problem_whose_reference_fails_is_reported_and_not_asked(
    collector: Collector,
    provider: Simulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With its file and line and the test that fails; its neighbours are asked as ever."""
    good = add_problem(1) | {"reference": "def add(x):\n    return x + 1\n"}
    broken = add_problem(2) | {"reference": "def add(x):\n    return x + 3\n"}
    report = await collector.collect_from([good, broken, add_problem(3)], samples=2)
    assert report.stats.failed == {"broken_problem": 2}
    assert (report.stats.accepted, report.stats.requests_sent) == (4, 4)
    assert provider.counts[200] == 4
    assert report.exit_code == ExitCode.PARTIAL
    (warning,) = [r.message for r in caplog.records if "reference" in r.message]
    assert f"{collector.problems}:2: the reference of `add-2` fails its own tests" in warning
    assert "add(1), expected 3, got 4" in warning
    attempts = report.files.attempts.read_text()
    assert attempts.count('"cause":"broken_problem"') == 2
