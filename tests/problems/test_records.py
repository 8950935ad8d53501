"""Records that are asked for more than once."""

from __future__ import annotations

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


def test_none_at_all_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in any file."""
    monkeypatch.setattr(reading, "find_sources", lambda _: [Source("f", lambda: iter(()))])
    with pytest.raises(ProblemFileError, match="no records"):
        list(Records(["f"]))
