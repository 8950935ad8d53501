"""What is exported, and how, through the flow."""

import asyncio
from collections import Counter
from pathlib import Path

import orjson
import pytest

from flows.cli import main
from pettingllms.errors import ProblemFileError
from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread

from .conftest import Collector, add_problem, right_answer, rows_of, write_problems


async def test_the_gates_are_counted_and_say_what_they_dropped(
    collector: Collector, tmp_path: Path
) -> None:
    """A benchmark's task and copies of an answer; the reasons stand beside the attempts."""
    benchmark = write_problems(tmp_path / "benchmark.jsonl", [add_problem(2)])
    report = await collector.collect(
        range(4), samples=2, dedup=1.0, benchmarks=str(benchmark), system_prompt=""
    )
    stats = orjson.loads(report.files.stats.read_bytes())
    assert (stats["accepted"], stats["exported"]) == (8, 3)
    assert stats["dropped"] == {"contaminated": 2, "duplicate": 3}
    assert [row["metadata"]["problem_id"] for row in rows_of(report)] == ["add-0", "add-1", "add-3"]
    reasons = [orjson.loads(line) for line in report.files.dropped.read_bytes().splitlines()]
    assert "write add x that returns x 2" in reasons[-2]["detail"] + reasons[2]["detail"]


async def test_without_gates_there_is_no_file_of_reasons(collector: Collector) -> None:
    """The default run leaves what it always left."""
    report = await collector.collect(range(2))
    assert not report.files.dropped.exists()
    assert sorted(p.name[:8] for p in report.files.output_dir.iterdir()) == [
        "attempts", "sft_data", "sft_data",
    ]  # fmt: skip


async def test_a_benchmark_that_is_not_there_stops_before_anything_is_sent(
    collector: Collector,
) -> None:
    """With its name."""
    error = await collector.outcome(range(2), benchmarks="no-such.jsonl")
    assert isinstance(error, ProblemFileError)
    assert "no-such.jsonl" in error.message
    assert (await collector.collect(range(2))).stats.requests_sent == 2


@pytest.mark.parametrize("name", ["sharegpt", "alpaca", "prompt-completion", "parquet"])
async def test_every_format_can_be_verified_and_rebuilt(
    name: str, collector: Collector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the settings of the run; a flag turns it into another format."""
    report = await collector.collect(range(3), format=name)
    content = report.files.sft.read_bytes()
    assert report.files.sft.suffix == (".parquet" if name == "parquet" else ".jsonl")
    assert await asyncio.to_thread(main, ["verify", str(report.files.sft)]) == 0
    assert "3 rows: 3 pass" in capsys.readouterr().out
    report.files.sft.unlink()
    assert await asyncio.to_thread(main, ["rebuild", str(report.files.attempts)]) == 0
    assert report.files.sft.read_bytes() == content
    flags = ["--format", "messages", "--output-dir", str(tmp_path / "as_messages")]
    assert await asyncio.to_thread(main, ["rebuild", str(report.files.attempts), *flags]) == 0
    (messages,) = (tmp_path / "as_messages").glob("*.jsonl")
    assert (
        orjson.loads(messages.read_bytes().splitlines()[0])["messages"][-1]["role"] == "assistant"
    )
    assert await asyncio.to_thread(main, ["verify", str(report.files.sft)]) == 0
    assert await asyncio.to_thread(main, ["card", str(report.files.sft)]) == 0
    assert "# 3 verified answers" in capsys.readouterr().out


def sometimes_right(body: ChatBody) -> str:
    """Of four samples of a problem one is right; the last problem always is."""
    right = right_answer(body)
    number = int(body.first_user_content.split()[-1].rstrip("."))
    asked[number] += 1
    return right if number == 3 or asked[number] % 4 == 1 else right.replace("+", "-")


asked: Counter[int] = Counter()


async def test_pairs_and_sets_for_reinforcement_come_from_the_same_answers(
    collector: Collector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rebuilt from the attempts, verified, and counted: rows, and what is in none of them."""
    asked.clear()
    with SimulatorThread(Simulator(FunctionAnswers(sometimes_right), models=("m",))) as provider:
        report = await collector.collect(
            range(1, 4), samples=4, max_turns=1, format="preference", base_url=provider.base_url
        )
    rows = rows_of(report)
    assert [row["metadata"]["problem_id"] for row in rows] == ["add-1", "add-2"]
    assert all("-" in row["rejected"][0]["content"] for row in rows)
    stats = report.stats
    assert (stats.rows, stats.accepted, stats.exported) == (2, 6, 2)
    assert stats.dropped == {"unpaired": 4}
    assert await asyncio.to_thread(main, ["verify", str(report.files.sft)]) == 0
    assert "2 rows: 2 pass" in capsys.readouterr().out

    flags = ["--format", "rl", "--pass-rate", "0.1..0.9", "--output-dir", str(tmp_path / "rl")]
    assert await asyncio.to_thread(main, ["rebuild", str(report.files.attempts), *flags]) == 0
    (made,) = (tmp_path / "rl").glob("*.jsonl")
    assert f"Rebuilt {made}: 2 rows" in capsys.readouterr().out
    problems = [orjson.loads(line) for line in made.read_bytes().splitlines()]
    found = [(p["metadata"]["problem_id"], p["metadata"]["pass_rate"]) for p in problems]
    assert found == [("add-1", 0.25), ("add-2", 0.25)]
    told = orjson.loads(next((tmp_path / "rl").glob("*_stats.json")).read_bytes())
    assert (told["rows"], told["exported"], told["dropped"]) == (2, 2, {"pass_rate": 4})
    assert await asyncio.to_thread(main, ["verify", str(made)]) == 0


async def test_a_run_of_problems_that_nothing_solves_is_a_set_all_the_same(
    collector: Collector,
) -> None:
    """Hard ones are what reinforcement is for: its exit code is no failure."""
    never = FunctionAnswers(lambda body: right_answer(body).replace("+", "-"))
    with SimulatorThread(Simulator(never, models=("m",))) as provider:
        report = await collector.collect(
            range(1, 3), max_turns=1, format="rl", base_url=provider.base_url
        )
    assert (report.stats.accepted, report.stats.rows, report.exit_code) == (0, 2, 0)
