"""Records that are asked for more than once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.errors import ProblemFileError
from pettingllms.problems import Records, Row, reading
from pettingllms.problems.sources import Source


@given(st.integers(1, 12), st.integers(0, 12), st.lists(st.integers(1, 12), max_size=3))
def test_records_come_as_often_as_they_are_asked_for(
    rows: int, few: int, lengths: list[int]
) -> None:
    """All of them or the first ones, however many are kept; few are read once."""
    times_read = 0

    def read() -> Iterator[Row]:
        nonlocal times_read
        times_read += 1
        yield from (Row(f"f:{n}", lambda: None) for n in range(rows))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "find_sources", lambda _: [Source("f", read)])
        patch.setattr(reading, "FEW", few)
        records = Records(["f"])
        for length in (*lengths, rows + 1):
            found = [row.origin for row in islice(records, length)]
            assert found == [f"f:{n}" for n in range(min(rows, length))]
        assert records.are_few == (rows <= few)
    assert times_read == 1 or rows > few


@pytest.mark.parametrize("passed", [0, 1, 2, 3])
def test_two_readers_need_not_wait_for_each_other(
    passed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One finds that they are many while the other is among those that were kept."""

    def read() -> Iterator[Row]:
        yield from (Row(f"f:{n}", lambda: None) for n in range(9))

    monkeypatch.setattr(reading, "find_sources", lambda _: [Source("f", read)])
    monkeypatch.setattr(reading, "FEW", 3)
    records = Records(["f"])
    reader = iter(records)
    first = [*islice(reader, passed)]
    whole = [row.origin for row in records]
    assert [row.origin for row in (*first, *reader)] == whole == [f"f:{n}" for n in range(9)]


@pytest.mark.parametrize("is_line", [True, False])
def test_large_records_are_not_kept(is_line: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published ones have a hundred megabytes: what is kept is bounded by bytes too."""
    record = {"tests": ["x" * 1000] * 10}
    line = json.dumps(record).encode() if is_line else None
    rows = [Row(f"f:{n}", lambda: record, line) for n in range(6)]
    monkeypatch.setattr(reading, "find_sources", lambda _: [Source("f", lambda: iter(rows))])
    for bound, are_few in ((100_000, True), (35_000, False)):
        monkeypatch.setattr(reading, "FEW_BYTES", bound)
        records = Records(["f"])
        assert [row.origin for row in records] == [row.origin for row in rows]
        assert records.are_few == are_few
        assert [row.origin for row in records] == [row.origin for row in rows]


def test_none_at_all_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in any file."""
    monkeypatch.setattr(reading, "find_sources", lambda _: [Source("f", lambda: iter(()))])
    with pytest.raises(ProblemFileError, match="no records"):
        list(Records(["f"]))
