"""A problem in a language that is not here is told before anything is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pettingllms.errors import PackageError
from pettingllms.run import check
from pettingllms.settings import Settings

ECHO = {"id": "echo", "prompt": "Echo.", "tests": [{"input": "1", "output": "1"}]}


def settings(folder: Path, record: dict[str, object], **others: object) -> Settings:
    file = folder / "problems.jsonl"
    file.write_text(json.dumps(record) + "\n")
    return Settings.model_validate({"problems": (str(file),), "api_type": "replay", **others})


@pytest.mark.parametrize(
    ("record", "others"),
    [
        ({**ECHO, "language": "go"}, {}),
        (ECHO, {"language": "go"}),
        (ECHO, {"language": "go", "allow_private": True}),
    ],
)
def test_a_missing_language_stops_the_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record: dict[str, object],
    others: dict[str, object],
) -> None:
    """With the place of the problem, and what to install; by the record or by the setting."""
    monkeypatch.setattr(check, "missing_programs", lambda row: sorted(row.programs))
    with pytest.raises(PackageError, match=r"problems.jsonl:1: `echo` is judged in Go") as told:
        check.check_input(settings(tmp_path, record, **others))
    assert "make language-go" in told.value.remedy
    assert "go (1.22 or newer) on PATH" in told.value.remedy


def test_problems_without_tests_need_no_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of theirs is compiled."""
    monkeypatch.setattr(check, "missing_programs", lambda row: sorted(row.programs))
    record: dict[str, object] = {"prompt": "Explain goroutines.", "language": "go"}
    count = check.check_input(settings(tmp_path, record)).count
    assert count.problems == 1
