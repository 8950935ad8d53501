from __future__ import annotations

import csv
import gzip
import json
import os
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from pettingllms.errors import DuplicateProblemError, ProblemFileError
from pettingllms.problems import ProblemCount, check_problems, read_problems
from pettingllms.records import StdioCase, StdioTests

from .conftest import Write

TESTS = [{"args": [1.5, 2**70], "expected": {"a": None}}]
TESTED = {"id": "t", "prompt": 'Write f: "quoted",\nsecond line', "entry_point": "f"}
ONE, TWO = {"id": "one", "prompt": "First"}, {"id": "two", "prompt": "Second"}


def _ids(*sources: str, **options: Any) -> list[str]:
    return [problem.id for problem in read_problems(sources, **options)]


def _error(*sources: str) -> ProblemFileError:
    with pytest.raises(ProblemFileError) as caught:
        list(read_problems(sources))
    return caught.value


def _file(tmp_path: Path, name: str, content: str | bytes) -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_jsonl_skips_blank_lines_and_a_mark(tmp_path: Path) -> None:
    """A byte order mark, blank lines and CRLF are no records; lines are counted with them."""
    lines = f"\ufeff{json.dumps(ONE)}\r\n\r\n  \n{json.dumps(TWO)}"
    path = _file(tmp_path, "p.jsonl", lines)
    assert [p.origin for p in read_problems([path])] == [f"{path}:1", f"{path}:4"]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv"])
def test_gzip(tmp_path: Path, suffix: str) -> None:
    """Text files may be gzipped."""
    content = {".jsonl": json.dumps(ONE), ".json": json.dumps([ONE]), ".csv": "id,prompt\none,x"}
    path = _file(tmp_path, f"p{suffix}.gz", gzip.compress(content[suffix].encode(), mtime=0))
    assert _ids(path) == ["one"]


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ("[\n" + json.dumps(ONE) + ",\n\n" + json.dumps(TWO) + "\n]", [":2", ":4"]),
        (json.dumps({"version": 1, "data": [ONE, TWO]}), [":data[0]", ":data[1]"]),
        (json.dumps({"id": ["one", "two"], "prompt": ["First", "Second"]}), [":[0]", ":[1]"]),
    ],
)
def test_json_documents(tmp_path: Path, document: str, places: list[str]) -> None:
    """An array, an array under a name, and one array per field all hold the same records."""
    path = _file(tmp_path, "p.json", document)
    problems = list(read_problems([path]))
    assert [(p.id, p.messages[0]["content"]) for p in problems] == [
        ("one", "First"),
        ("two", "Second"),
    ]
    assert [p.origin.removeprefix(path) for p in problems] == places


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_every_file_type_holds_the_same_problem(tmp_path: Path, write: Write, suffix: str) -> None:
    """A problem written as a table, its lists as JSON text, is the problem of the JSONL."""
    table = pd.DataFrame([TESTED | {"tests": json.dumps(TESTS), "reference": None}, ONE])
    path = tmp_path / f"table{suffix}"
    if suffix == ".csv":
        table.to_csv(path, index=False, quoting=csv.QUOTE_ALL)
    elif suffix == ".parquet":
        table.to_parquet(path)
    else:
        path = Path(write(TESTED | {"tests": TESTS}, ONE))
    tested, untested = read_problems([str(path)])
    (expected, _) = read_problems([write(TESTED | {"tests": TESTS}, ONE, name="same.jsonl")])
    assert (tested.id, tested.messages, tested.tests) == (
        expected.id,
        expected.messages,
        expected.tests,
    )
    assert untested.tests is None


def test_csv_counts_lines_not_records(tmp_path: Path) -> None:
    """A record's line is where it starts, whatever line breaks its cells hold."""
    path = _file(tmp_path, "p.csv", 'id,prompt\none,"a\nb\nc"\n\ntwo,d\n')
    assert [p.origin for p in read_problems([path])] == [f"{path}:2", f"{path}:6"]


def test_csv_holds_large_cells(tmp_path: Path) -> None:
    """A cell may be larger than the csv module's own limit of 128 KiB."""
    path = _file(tmp_path, "p.csv", f"id,prompt\none,{'x' * 300_000}\n")
    assert len(next(read_problems([path])).messages[0]["content"]) == 300_000


def test_parquet_nested_columns_and_odd_types(tmp_path: Path) -> None:
    """Nested tests are read as they are; what JSON does not know is text in the metadata."""
    row = {"prompt": "Echo.", "tests": [{"input": "1", "output": "1"}]}
    extra = {"day": date(2026, 11, 1), "scores": [float("nan"), 0.5]}
    path = tmp_path / "p.parquet"
    parquet.write_table(pa.Table.from_pylist([row | extra]), path)
    (problem,) = read_problems([str(path)])
    assert problem.metadata == {"source": "native", "day": "2026-11-01", "scores": [None, 0.5]}
    assert problem.origin == f"{path}:row 1"
    assert problem.tests == StdioTests((StdioCase("1", "1"),))


def test_parquet_text_that_is_not_utf8(tmp_path: Path) -> None:
    """Other programs write such columns; the file is named."""
    path = tmp_path / "p.parquet"
    parquet.write_table(pa.table({"prompt": pa.array([b"\xff"]).view(pa.string())}), path)
    assert _error(str(path)).message.startswith(f"{path}: cannot be read: ")


def test_folders_and_globs_are_sorted(tmp_path: Path, write: Write) -> None:
    """A folder or glob gives its problem files by name; others in it are left alone."""
    write(TWO, name="b.jsonl")
    write(ONE, name="a.jsonl")
    _file(tmp_path, "README.md", "hello")
    assert _ids(str(tmp_path)) == ["one", "two"]
    assert _ids(f"{tmp_path}/*") == ["one", "two"]


def test_paths_keep_their_order_and_are_read_once(write: Write) -> None:
    """Several sources are read as named, one named twice only once."""
    one, two = write(ONE, name="one.jsonl"), write(TWO, name="two.jsonl")
    assert _ids(two, one, two) == ["two", "one"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"prompt": "x"', "is not JSON at column 15: "),
        (b'{"prompt": "x"} {}', "has more after its JSON value, at character 17"),
        (b'{"prompt": "\xff"}', "is not UTF-8 at byte 13"),
        (b'{"prompt": "x", "score": NaN}', "holds NaN, which is not JSON"),
        (b'{"prompt": "x", "score": 1e999}', "holds 1e999, which no float can hold"),
        (b'{"prompt": "x", "n": ' + b"9" * 100_001 + b"}", "holds an integer of 100,001 digits"),
        (b'{"prompt": "\\ud83d"}', "holds half of a surrogate pair, which is no text"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"17", "is no JSON object but int"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    """File, line and what is wrong, then what to do."""
    path = _file(tmp_path, "p.jsonl", json.dumps(ONE).encode() + b"\n" + line + b"\n")
    error = _error(path)
    assert error.message.startswith(f"{path}:2: {said}")
    assert error.remedy.startswith("Correct the record, or pass --skip-bad-records")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.jsonl", "", ": holds no records"),
        ("p.jsonl", "\n \n", ": holds no records"),
        ("p.json", "[]", ": holds no records"),
        ("p.json", "", ": holds no records"),
        ("p.csv", "id,prompt\n", ": holds no records"),
        ("p.json", "3", ": is JSON, but holds no records"),
        ("p.json", '{"prompt": "x"}', ": is one JSON object whose fields are not all arrays"),
        ("p.json", '{"a": [1], "b": []}', ": holds one array per field, but of different"),
        ("p.json", '[\n{"prompt": "x"}\n{}]', ":2: after this record a comma or ] is missing"),
        ("p.json", '[\n{"prompt": }]', ":2: is not JSON at line 2, column 12"),
        ("p.json", '[{"prompt": "x"}] 1', ": has more after its array"),
        ("p.json", '{"prompt": "x"}\n{"prompt": "y"}', ": has more after its JSON value"),
        ("p.json", b"\xff", ": is not UTF-8 at byte 1"),
        ("p.csv", "id,prompt\none\n", ":2: has 1 cells, but the header has 2"),
        ("p.csv", 'id,prompt\none,"x\n', ":2: is not CSV: unexpected end of data"),
        ("p.csv", b"prompt\n\xff\n", ":2: is not UTF-8"),
        ("p.csv", 'prompt,tests\nx,"[1,"\n', ":2: `tests`: is not JSON at column 4"),
        ("p.parquet", "no", ": is not Parquet: "),
        ("p.jsonl.gz", "no", ": cannot be read: "),
        ("p.jsonl.gz", gzip.compress(b'{"prompt": "x"}' * 99, mtime=0)[:-12], ": cannot be read: "),
        ("p.jsonl.gz", gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20, ": cannot be read: "),
        ("p.txt", "x", ": cannot tell its type from its name"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    """Whatever is wrong with a file is said with its path, and with something to do."""
    path = _file(tmp_path, name, content)
    error = _error(path)
    assert error.message.startswith(path + said)
    assert error.remedy


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    """A missing path, an empty glob or folder, and no source at all, before anything is read."""
    for source in ("no.jsonl", str(tmp_path), f"{tmp_path}/*.csv"):
        with pytest.raises(ProblemFileError, match=r"no such file|no problem files there"):
            read_problems([source])
    with pytest.raises(ProblemFileError, match="No problems were named"):
        read_problems([])


def test_a_doubled_id_names_both_places(write: Write) -> None:
    """The error says where the id was first, over files too."""
    first, second = write(ONE, name="a.jsonl"), write(TWO, ONE, name="b.jsonl")
    with pytest.raises(DuplicateProblemError) as caught:
        _ids(first, second)
    assert caught.value.message == f"{second}:2: the id `one` is taken by {first}:1"


def test_bad_records_are_skipped_and_counted(write: Write) -> None:
    """With `skip_bad` the good ones are read, each bad or doubled one is handed over."""
    path = write(ONE, {"prompt": 3}, ONE, TWO | {"tests": "assert f()", "entry_point": "f"})
    skipped: list[ProblemFileError] = []
    assert check_problems([path], skip_bad=skipped.append) == ProblemCount(2, 1, 2)
    assert [error.message.split(": ")[0] for error in skipped] == [f"{path}:2", f"{path}:3"]
    assert _ids(path, skip_bad=lambda _: None) == ["one", "two"]


def test_nothing_usable_is_an_error(write: Write) -> None:
    """A run of no problems never looks like success."""
    with pytest.raises(ProblemFileError, match="None of the records can be used"):
        check_problems([write({"prompt": 3})], skip_bad=lambda _: None)


def test_limit_reads_no_further(write: Write) -> None:
    """A bad record after the limit is never looked at."""
    path = write(ONE, TWO, {"prompt": 3})
    assert _ids(path, limit=2) == ["one", "two"]
    assert check_problems([path], limit=2).problems == 2


def test_the_first_problem_needs_no_more_than_its_line(tmp_path: Path) -> None:
    """Read from a pipe that stays open, the first problem arrives before the rest is written."""
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    arrived = threading.Event()

    def feed() -> None:
        with path.open("w") as pipe:
            pipe.write(json.dumps(ONE) + "\n")
            pipe.flush()
            assert arrived.wait(timeout=30)
            pipe.write(json.dumps(TWO) + "\n")

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    problems = read_problems([str(path)])
    first = next(problems)
    arrived.set()
    assert [first.id, *(p.id for p in problems)] == ["one", "two"]
    feeder.join(timeout=30)
