"""Rows that wait for their name while a run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pettingllms.errors import OutputError
from pettingllms.export import RowOptions, sft_rows
from pettingllms.export.formats import FORMATS
from pettingllms.export.row_file import RowSpool

from .test_sft import ATTEMPTS

LINES = [name for name, form in FORMATS.items() if form.is_lines]


def spool(folder: Path, name: str = "messages") -> RowSpool:
    return RowSpool(folder / "rows.jsonl", FORMATS[name], RowOptions())


def test_nothing_is_to_be_seen_of_them_before_the_end(tmp_path: Path) -> None:
    """So that a run which is killed leaves nothing."""
    rows = spool(tmp_path)
    rows.add(b"one\n")
    assert list(tmp_path.iterdir()) == []
    rows.add(b"two\n")
    rows.commit()
    assert (tmp_path / "rows.jsonl").read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("name", LINES)
@given(cut=st.integers(0, len(ATTEMPTS)))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shards_of_whole_problems_make_the_rows_of_all(tmp_path: Path, name: str, cut: int) -> None:
    """Wherever the attempts are parted, between two problems."""
    while 0 < cut < len(ATTEMPTS) and ATTEMPTS[cut].problem_id == ATTEMPTS[cut - 1].problem_id:
        cut -= 1
    rows = spool(tmp_path, name)
    whole = b"".join(FORMATS[name].encode(sft_rows(ATTEMPTS)))
    assert rows.lines(ATTEMPTS[:cut]) + rows.lines(ATTEMPTS[cut:]) == whole
    rows.commit()


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    """At once, when it is opened."""
    with pytest.raises(OutputError, match=r"missing/rows\.jsonl cannot be written"):
        spool(tmp_path / "missing")
