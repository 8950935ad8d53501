"""Records written to real files and read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pettingllms.errors import ProblemFileError
from pettingllms.problems import read_problems
from pettingllms.records import Problem

Write = Callable[..., str]
ReadOne = Callable[[dict[str, Any]], Problem]
Complain = Callable[[Any], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write records as JSONL; the path as a user would name it."""

    def write_jsonl(*records: Any, name: str = "problems.jsonl") -> str:
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return str(path)

    return write_jsonl


@pytest.fixture
def read_one(write: Write) -> ReadOne:
    def read(record: dict[str, Any]) -> Problem:
        (problem,) = read_problems([write(record)])
        return problem

    return read


@pytest.fixture
def complaint(write: Write) -> Complain:
    """What is said of a bad record, after its file and line, without the remedy."""

    def complain(record: Any) -> str:
        path = write(record)
        with pytest.raises(ProblemFileError) as caught:
            list(read_problems([path]))
        assert "--skip-bad-records" in caught.value.remedy
        return caught.value.message.removeprefix(f"{path}:1: ")

    return complain
