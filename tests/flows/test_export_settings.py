"""What is exported, and how, through the flow."""

import asyncio
from pathlib import Path

import orjson
import pytest

from flows.cli import main
from pettingllms.errors import ProblemFileError

from .conftest import Collector, add_problem, rows_of, write_problems


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
