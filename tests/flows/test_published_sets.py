"""Published sets through the whole flow: right answers pass, wrong ones do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.problems import published

from .conftest import Collector, rows_of

ADD = f"```python\n{published.ADD_CODE}```"
SUM = f"```python\n{published.SUM_PROGRAM}```"
SETS: dict[str, tuple[dict[str, Any], str, str]] = {
    "kodcode.jsonl": (published.KODCODE, ADD, "kodcode"),
    "bigcodebench.jsonl": (published.BIGCODEBENCH, ADD, "bigcodebench"),
    "pettingllms.parquet": (published.PETTINGLLMS, SUM, "pettingllms"),
    "taco.jsonl": (published.TACO, SUM, "codeforces"),
    "verifiable.jsonl": (published.VERIFIABLE, SUM, "apps"),
}


def write(path: Path, record: dict[str, Any]) -> None:
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist([record]), path)
    else:
        path.write_text(json.dumps(record) + "\n")


@pytest.mark.parametrize("name", SETS)
async def test_a_published_set_is_collected(name: str, tmp_path: Path, prefect: str) -> None:
    """Of two samples the right one is accepted, as verified, with where it comes from."""
    record, right, source = SETS[name]
    wrong = right.replace("a + b", "a - b").replace("sum(", "max(")
    answers = iter((right, wrong))
    simulator = Simulator(FunctionAnswers(lambda _: next(answers)), models=("m",))
    with SimulatorThread(simulator) as provider:
        collector = Collector(tmp_path, provider.base_url)
        write(tmp_path / name, record)
        report = await collector.collect_from(
            [], problems=str(tmp_path / name), samples=2, max_turns=1
        )
    stats = report.stats
    assert stats.accepted_by_verdict == {"passed": 1}, stats.rejected
    assert (stats.samples, sum(stats.rejected.values())) == (2, 1)
    (row,) = rows_of(report)
    assert row["metadata"]["source"] == source
    assert row["metadata"]["tests_total"] >= 1
