"""Whatever a file holds, the reader gives problems or says what is wrong, and nothing else."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.ipc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pettingllms.errors import ProblemFileError
from pettingllms.problems import read_problems
from pettingllms.problems.packing import PACKED
from pettingllms.problems.shapes import SHAPES
from pettingllms.problems.shapes.native import NativeRecord
from pettingllms.problems.sources import READERS
from pettingllms.records import Problem

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = sorted(
    {name for shape in SHAPES for name in (*shape.fields, *shape.model.model_fields)}
    | set(NativeRecord.model_fields)
)
NEAR_TESTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("input", "output", "args", "expected"), ANY_JSON)
)
NEAR_RECORD = st.dictionaries(
    st.sampled_from(FIELDS), ANY_JSON | st.lists(NEAR_TESTS | st.text(), max_size=3), max_size=8
)
on_real_files = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _outcome(path: Path) -> list[Problem] | ProblemFileError:
    try:
        return list(read_problems([str(path)]))
    except ProblemFileError as error:
        return error


@on_real_files
@given(record=NEAR_RECORD | ANY_JSON)
def test_any_record(tmp_path: Path, record: Any) -> None:
    """Any JSON, with known fields or without, is a problem that encodes again or an error."""
    path = tmp_path / "any.jsonl"
    path.write_text(json.dumps(record) + "\n")
    outcome = _outcome(path)
    if isinstance(outcome, ProblemFileError):
        assert str(path) in outcome.message
    else:
        json.dumps([outcome[0].messages, outcome[0].metadata], ensure_ascii=False).encode()


KNOWN_TYPES = sorted(
    {*READERS, ".zip", *(f"{text}{packed}" for text in (".jsonl", ".csv") for packed in PACKED)}
)


@pytest.mark.parametrize("suffix", KNOWN_TYPES)
@settings(on_real_files, max_examples=60)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes(tmp_path: Path, suffix: str, data: bytes) -> None:
    """Any bytes under any known name are problems or an error, never a crash."""
    path = tmp_path / f"any{suffix}"
    path.write_bytes(data)
    outcome = _outcome(path)
    assert isinstance(outcome, ProblemFileError) or outcome


_SAID = [{"prompt": "Write f.", "tags": ["a"]}, {"prompt": "Write g.", "tags": []}]


def _whole(folder: Path, suffix: str) -> bytes:
    """A file of that type which reads."""
    path = folder / f"whole{suffix}"
    path.unlink(missing_ok=True)
    lines = b"".join(json.dumps(record).encode() + b"\n" for record in _SAID)
    match suffix:
        case ".parquet":
            parquet.write_table(pyarrow.Table.from_pylist(_SAID), path)
        case ".arrow":
            table = pyarrow.Table.from_pylist(_SAID)
            with (
                pyarrow.OSFile(str(path), "wb") as file,
                pyarrow.ipc.new_file(file, table.schema) as writer,
            ):
                writer.write_table(table)
        case ".sqlite":
            with closing(sqlite3.connect(path)) as database:
                database.execute("CREATE TABLE problems (prompt TEXT)")
                database.execute("INSERT INTO problems VALUES ('Write f.')")
                database.commit()
        case ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("inside.jsonl", lines)
        case ".jsonl.zst":
            path.write_bytes(pyarrow.compress(lines, "zstd", asbytes=True))
        case _:
            path.write_bytes({".gz": gzip, ".bz2": bz2, ".xz": lzma}[path.suffix].compress(lines))
    return path.read_bytes()


@pytest.mark.parametrize(
    "suffix",
    [".parquet", ".arrow", ".sqlite", ".zip", ".jsonl.gz", ".jsonl.zst", ".jsonl.bz2", ".jsonl.xz"],
)
@settings(on_real_files, max_examples=60)
@given(data=st.data())
def test_any_damage(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    """A file that was whole, cut off or with some of its bytes changed, is read or refused."""
    whole = bytearray(_whole(tmp_path, suffix))
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=3)):
        whole[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    outcome = _outcome(path)
    assert isinstance(outcome, ProblemFileError) or outcome


@on_real_files
@given(
    prompts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip),
        min_size=1,
        max_size=5,
        unique=True,
    )
)
def test_any_prompt_is_kept_verbatim(tmp_path: Path, prompts: list[str]) -> None:
    """Texts written as JSONL come back as they were, in order."""
    path = tmp_path / "verbatim.jsonl"
    lines = [json.dumps({"prompt": prompt}, ensure_ascii=False) for prompt in prompts]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [p.messages[0]["content"] for p in read_problems([str(path)])] == prompts
