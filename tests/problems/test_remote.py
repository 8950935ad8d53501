"""Problems by URL, from a real server: found, read as local files are, and steady for a run."""

from __future__ import annotations

import gzip
import json
from itertools import islice

import fsspec
import pandas as pd
import pytest

from pettingllms.errors import ProblemFileError
from pettingllms.problems import look_again, read_problems
from tests.object_store import Bucket, ObjectStore


def records(*names: str) -> bytes:
    return b"".join(json.dumps({"id": n, "prompt": f"Do {n}."}).encode() + b"\n" for n in names)


def origins(*sources: str) -> list[str]:
    return [problem.origin for problem in read_problems(sources)]


def test_a_file_a_folder_and_a_glob(bucket: Bucket) -> None:
    """Of every type, sorted, each once, with the URL and the line of each problem."""
    night = f"{bucket.url}/night"
    bucket.put("night/b.jsonl.gz", gzip.compress(records("b")))
    bucket.put("night/a.jsonl", records("a1", "a2"))
    bucket.put("night/notes.txt", b"none")
    bucket.put("night/deeper/d.csv", b"id,prompt\nd,Do d.\n")
    frame = pd.DataFrame({"id": ["c"], "prompt": ["Do c."]})
    bucket.put("night/c.parquet", frame.to_parquet())
    a = [f"{night}/a.jsonl:1", f"{night}/a.jsonl:2"]
    assert origins(f"{night}/a.jsonl") == a
    assert origins(night) == [*a, f"{night}/b.jsonl.gz:1", f"{night}/c.parquet:row 1"]
    assert origins(f"{night}/*.jsonl", night)[:3] == [*a, f"{night}/b.jsonl.gz:1"]
    assert origins(f"{night}/**/*.csv") == [f"{night}/deeper/d.csv:2"]


def test_what_is_wrong_is_told_by_url(bucket: Bucket) -> None:
    """A record by its line; a bucket or an object that is not there; a folder of nothing known."""
    bad = bucket.put("bad.jsonl", records("a") + b'{"id": 1\n')
    notes = bucket.put("folder/notes.txt", b"none")
    missing = f"{bucket.url}-not/a.jsonl"
    for source, said in {
        bad: f"{bad}:2: is not JSON",
        missing: f"{missing}: is not there",
        f"{bucket.url}/none": f"{bucket.url}/none: is not there",
        f"{bucket.url}/*.csv": f"{bucket.url}/\\*.csv: is not there",
        notes: "cannot tell its type",
        f"{bucket.url}/folder": "no problem files there",
    }.items():
        with pytest.raises(ProblemFileError, match=said):
            origins(source)


def test_without_credentials(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and where they would come from."""
    url = bucket.put("a.jsonl", records("a"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    files = fsspec.get_filesystem_class("s3")
    files.clear_instance_cache()
    with pytest.raises(ProblemFileError, match="Unable to locate credentials") as raised:
        origins(url)
    files.clear_instance_cache()
    assert "AWS_PROFILE" in raised.value.remedy


def test_a_server_that_is_away(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address is in the message, and how to set it."""
    for name, value in {**store.variables, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    files = fsspec.get_filesystem_class("s3")
    files.clear_instance_cache()
    with pytest.raises(ProblemFileError, match=r"http://127\.0\.0\.1:9") as raised:
        origins("s3://bucket/a.jsonl")
    files.clear_instance_cache()
    assert "AWS_ENDPOINT_URL" in raised.value.remedy


def test_what_changes_there_waits_for_the_next_look(bucket: Bucket) -> None:
    """An object written anew and one that is new are seen then, and not before."""
    bucket.put("a.jsonl", records("a"))
    half_read = read_problems([f"{bucket.url}/*.jsonl"])
    assert [problem.id for problem in islice(half_read, 1)] == ["a"]
    bucket.put("a.jsonl", records("changed"))
    bucket.put("b.jsonl", records("b"))
    assert [p.id for p in read_problems([f"{bucket.url}/*.jsonl"])] == ["a"]
    look_again()
    assert [p.id for p in read_problems([f"{bucket.url}/*.jsonl"])] == ["changed", "b"]
