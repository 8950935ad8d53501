"""Problems of which several answers are right are counted before anything is paid."""

from __future__ import annotations

import logging
from pathlib import Path

import orjson
import pytest

from pettingllms.run.check import check_input
from pettingllms.settings import resolve

ASKS = "Print two numbers that add up to n. If there are several answers, print any of them."
TESTS = [{"input": "7\n", "output": "3 4\n"}]
CHECKER = "def check(given, expected, got):\n    return sum(map(int, got.split())) == int(given)"


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (
            [{"prompt": ASKS, "tests": TESTS}, {"prompt": "Add.", "tests": TESTS}],
            "Several answers are right to 1 problem, ",
        ),
        ([{"prompt": ASKS, "tests": TESTS, "checker": CHECKER}], ""),
        ([{"prompt": ASKS, "tests": TESTS, "comparison": {"unordered": True}}], ""),
    ],
)
def test_they_are_counted_where_no_rule_tells(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    records: list[dict[str, object]],
    said: str,
) -> None:
    """With the place of the first; a checker or a rule of the record's own decides."""
    file = tmp_path / "problems.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, records)))
    with caplog.at_level(logging.WARNING):
        check_input(resolve({"problems": str(file), "api_type": "local"}, {}).settings)
    heard = [record.getMessage() for record in caplog.records]
    assert [line[: len(said)] for line in heard] == ([said] if said else [])
    assert all("problems.jsonl:1" in line for line in heard)
