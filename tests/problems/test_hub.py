"""The hub's own library reads a local folder as it reads a data set: no network is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pettingllms.errors import ProblemFileError
from pettingllms.problems import read_problems

from .conftest import Write


@pytest.fixture
def dataset(tmp_path: Path, write: Write) -> str:
    write({"id": "one", "prompt": "First"}, {"id": "two", "prompt": "Second"}, name="train.jsonl")
    write({"id": "three", "prompt": "Third"}, name="test.jsonl")
    return f"hf:{tmp_path}"


def test_a_split_is_read(dataset: str) -> None:
    """The split named is read in order, each row with its place."""
    problems = list(read_problems([f"{dataset}:train"]))
    assert [(p.id, p.origin) for p in problems] == [
        ("one", f"{dataset}:train:row 1"),
        ("two", f"{dataset}:train:row 2"),
    ]


def test_the_only_split_needs_no_name(dataset: str, tmp_path: Path) -> None:
    """A data set with one split is read without naming it."""
    (tmp_path / "test.jsonl").unlink()
    assert [p.id for p in read_problems([dataset])] == ["one", "two"]


def test_several_splits_are_listed(dataset: str) -> None:
    """Where a split must be chosen, the error says which there are and how to name one."""
    with pytest.raises(ProblemFileError, match="several splits: train, test") as caught:
        list(read_problems([dataset]))
    assert caught.value.remedy == f"Name one: {dataset}:train"


@pytest.mark.parametrize(
    ("suffix", "said"), [(":nope", "cannot be read from the hub"), (":a:b:c", "too many colons")]
)
def test_what_is_not_there(dataset: str, suffix: str, said: str) -> None:
    """An unknown split and a malformed name are told with the form to write."""
    with pytest.raises(ProblemFileError, match=said) as caught:
        list(read_problems([dataset + suffix]))
    assert "hf:owner/name:config:split" in caught.value.remedy


def test_without_the_extra(dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the datasets package is missing, the error gives the line that installs it."""
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ProblemFileError, match="needs the datasets package") as caught:
        list(read_problems([f"{dataset}:train"]))
    assert 'pip install "pettingllms-sft[hub]"' in caught.value.remedy
