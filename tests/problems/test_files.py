from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
import os
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from pettingllms.errors import DuplicateProblemError, ProblemFileError
from pettingllms.problems import (
    ProblemCount,
    ReadingRules,
    check_problems,
    csv_files,
    read_problems,
)
from pettingllms.problems import (
    packing as packing_module,
)
from pettingllms.records import FunctionCase, FunctionTests, StdioCase, StdioTests

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
        (b'{"prompt": "x"},', "ends with a comma"),
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
        ("p.json", '{"prompt": "x"} {"prompt": "y"}', ": has more after its JSON value"),
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


def test_the_first_problem_needs_no_more_than_its_line(write: Write) -> None:
    """What is written behind it while it is worked on is read when its turn comes."""
    path = write(ONE)
    problems = read_problems([path])
    first = next(problems)
    with Path(path).open("a") as file:
        file.write(json.dumps(TWO) + "\n")
    assert [first.id, *(p.id for p in problems)] == ["one", "two"]


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """It could be read only once; nothing waits for its other end."""
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    with pytest.raises(ProblemFileError, match="is a pipe or device, which can be read only once"):
        read_problems([str(path)])


@pytest.mark.parametrize("packing", ["gz", "zst", "bz2", "xz", "zip"])
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv"])
def test_packed_files(tmp_path: Path, suffix: str, packing: str) -> None:
    """Each type in each packing, with its lines."""
    content = {
        ".jsonl": json.dumps(ONE) + "\n" + json.dumps(TWO) + "\n",
        ".json": json.dumps([ONE, TWO]),
        ".csv": "id,prompt\none,Task one.\ntwo,Task two.\n",
    }[suffix].encode()
    path = tmp_path / f"p{suffix}.{packing}"
    if packing == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"data/p{suffix}", content)
            archive.writestr("README.txt", "no problems")
    else:
        path.write_bytes(_PACK[packing](content))
    assert _ids(str(path)) == ["one", "two"]


_PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: pa.Codec("zstd").compress(data).to_pybytes(),
}


def test_files_of_an_archive_are_named(tmp_path: Path) -> None:
    """A bad record says which of them it stands in."""
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jsonl", json.dumps(ONE))
        archive.writestr("b/c.jsonl", '{"prompt": 3}\n')
    assert _error(str(path)).message.startswith(f"{path}/b/c.jsonl:1: `prompt`")


@pytest.mark.parametrize("packing", ["gz", "zst", "bz2", "xz"])
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv"])
def test_a_line_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, packing: str
) -> None:
    """A megabyte on the disk that would be a terabyte in memory."""
    monkeypatch.setattr(packing_module, "LONGEST_RECORD", 1_000_000)
    monkeypatch.setattr(csv_files, "LONGEST_RECORD", 1_000_000)
    monkeypatch.setattr(packing_module, "_UNSUSPICIOUS", 1_000_000)
    monkeypatch.setattr(packing_module, "_CHUNK", 100_000)
    path = tmp_path / f"p{suffix}.{packing}"
    path.write_bytes(_PACK[packing](b'{"prompt": "' + b"x" * 9_000_000))
    error = _error(str(path))
    assert re.search("too long for one record|too much to be read whole", error.message)
    assert str(path) in error.message


@pytest.mark.parametrize(
    "content", ['[\n {"id": "a", "prompt": "p"}\n]', '[{"id": "a", "prompt": "p"}]']
)
def test_an_array_in_a_jsonl_file_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    """And said."""
    assert _ids(str(_file(tmp_path, "p.jsonl", content))) == ["a"]
    assert "is read as a .json file" in caplog.text


def test_lines_in_a_json_file_are_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a word about the name."""
    path = tmp_path / "train.json"
    path.write_text('\n{"prompt": "x"}\n\n{"prompt": "y"}\n')
    assert [p.origin[len(str(path)) :] for p in read_problems([str(path)])] == [":2", ":4"]
    assert "holds a record on each line, and is read as a .jsonl file" in caplog.text


@pytest.mark.parametrize(
    "document",
    [
        {"prompt": {"0": "x", "1": "y"}, "metadata": {"0": {"a": 1}, "1": {"a": 2}}},
        {"prompt": ["x", "y"], "metadata": [{"a": 1}, {"a": 2}]},
        {"first": {"prompt": "x", "metadata": {"a": 1}}, "second": {"prompt": "y"}},
    ],
    ids=["pandas", "columns with objects", "by id"],
)
def test_tables_in_one_object(tmp_path: Path, document: dict[str, Any]) -> None:
    """As pandas writes one, or with each record under its id."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps(document))
    problems = list(read_problems([str(path)]))
    assert [problem.messages[0]["content"] for problem in problems] == ["x", "y"]
    assert problems[0].metadata["a"] == 1
    assert ("first" in document) == (problems[0].id == "first")


@pytest.mark.parametrize(
    ("name", "way"), [("p.tar.gz", "tar xf"), ("p.xlsx", "CSV"), ("p.duckdb", "COPY problems TO")]
)
def test_other_files_are_told_their_way_in(tmp_path: Path, name: str, way: str) -> None:
    """Those that people have."""
    (tmp_path / name).write_bytes(b"x")
    assert way in _error(str(tmp_path / name)).remedy


def test_objects_over_several_lines_belong_into_json(tmp_path: Path) -> None:
    """The message names the other type."""
    path = _file(tmp_path, "p.jsonl", '{\n "id": "a",\n "prompt": "p"\n}\n')
    error = _error(str(path))
    assert error.message == f"{path}:1: begins a record that goes over several lines"
    assert ".json file" in error.remedy


@pytest.mark.parametrize(
    "content",
    [
        b"id;prompt\n1;Write add(a, b).\n2;Write sub.\n",
        b"sep=;\r\nid;prompt\r\n1;Write add(a, b).\r\n2;Write sub.\r\n",
        b"id\tprompt\n1\tWrite add(a, b).\n2\tWrite sub.\n",
        "id;prompt\r\n1;Write add(a, b).\r\n2;Write sub.\r\n".encode("utf-16"),
        'id,prompt\n1,"Write add(a, b)."\n2,Write sub.\n'.encode("utf-8-sig"),
        "id\tprompt\n1\tWrite add(a, b).\n2\tWrite sub.\n".encode("utf-16-le"),
    ],
    ids=["semicolons", "sep=", "tabs", "UTF-16", "BOM", "UTF-16 without BOM"],
)
def test_csv_as_excel_writes_it(tmp_path: Path, content: bytes) -> None:
    """In any country."""
    problems = list(read_problems([str(_file(tmp_path, "p.csv", content))]))
    assert [p.id for p in problems] == ["1", "2"]
    assert problems[0].messages[0]["content"] == "Write add(a, b)."


def test_sqlite(tmp_path: Path) -> None:
    """The only table; of several, the one that is named."""
    path = tmp_path / "p.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE tasks (id INTEGER, prompt TEXT, tests TEXT)")
        tests = json.dumps([{"input": "1", "output": "2"}])
        database.execute("INSERT INTO tasks VALUES (1, 'Task', ?)", (tests,))
    (problem,) = read_problems([str(path)])
    assert (problem.id, problem.tests) == ("1", StdioTests((StdioCase("1", "2"),)))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE other (id INTEGER)")
    assert "has the tables tasks, other" in _error(str(path)).message
    assert _ids(f"{path}:tasks") == ["1"]


def test_what_datasets_saved(tmp_path: Path) -> None:
    """A data set, and a dict of one; of several splits one must be named."""
    datasets = pytest.importorskip("datasets")
    one = datasets.Dataset.from_list([ONE, TWO])
    one.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"train": one}).save_to_disk(tmp_path / "dict")
    datasets.DatasetDict({"train": one, "test": one}).save_to_disk(tmp_path / "both")
    assert _ids(str(tmp_path / "one")) == ["one", "two"]
    assert _ids(str(tmp_path / "dict")) == ["one", "two"]
    assert "holds the splits train, test" in _error(str(tmp_path / "both")).message
    assert _ids(str(tmp_path / "both" / "test")) == ["one", "two"]


def test_files_in_folders_below_are_pointed_at(tmp_path: Path) -> None:
    """A cloned data set keeps its splits in a folder of their own."""
    (tmp_path / "data").mkdir()
    parquet.write_table(pa.Table.from_pylist([ONE]), tmp_path / "data" / "train-0.parquet")
    error = _error(str(tmp_path))
    assert "in folders below, which are not searched" in error.message
    assert error.remedy == f"Name them: {tmp_path / 'data'}/*.parquet"


def test_parquet_of_any_depth(tmp_path: Path) -> None:
    """Maps, structs whose missing keys are null, dictionaries and whole numbers as ids."""
    tests = [
        [
            {"args": [1, 2], "expected": 3, "alternatives": None},
            {"args": [1, 1], "expected": None, "alternatives": [2]},
        ]
    ]
    table = pa.table(
        {
            "id": pa.array([7], pa.int32()),
            "prompt": pa.array(["Write add(a, b)."]).dictionary_encode(),
            "entry_point": pa.array(["add"], pa.large_string()),
            "tests": pa.array(tests),
            "metadata": pa.array([[("level", "easy")]], pa.map_(pa.string(), pa.string())),
        }
    )
    path = tmp_path / "p.parquet"
    parquet.write_table(table, path)
    (problem,) = read_problems([str(path)])
    cases = (FunctionCase((1, 2), 3), FunctionCase((1, 1), None, (2,)))
    assert problem.tests == FunctionTests("add", cases)
    assert problem.metadata == {"source": "native", "level": "easy"}


def test_ids_of_any_kind(tmp_path: Path) -> None:
    """Whole numbers, also as floats; others are named without pydantic's inside."""
    records = [{"id": 1}, {"id": 2.0}, {"id": None}, {"id": "x"}]
    lines = [json.dumps({"prompt": str(index)} | each) for index, each in enumerate(records)]
    path = _file(tmp_path, "p.jsonl", "\n".join(lines))
    assert [ids for ids in _ids(str(path)) if len(ids) < 16] == ["1", "2", "x"]
    for bad in (1.5, "", True):
        path = _file(tmp_path, "q.jsonl", json.dumps({"prompt": "p", "id": bad}))
        said = _error(path).message
        assert said.startswith(f"{path}:1: `id`: ")
        assert "[" not in said.removeprefix(path)


def test_doubled_ids_by_line(write: Write) -> None:
    """Each gets its place, and keeps its name."""
    first, second = write(ONE, ONE, name="a.jsonl"), write(ONE, name="b.jsonl")
    problems = read_problems([first, second], rules=ReadingRules(ids_by_line=True))
    assert [p.id for p in problems] == ["one@a.jsonl:1", "one@a.jsonl:2", "one@b.jsonl:1"]
