"""Packed tests: plain data comes out, and nothing a pickle asks for is done."""

from __future__ import annotations

import base64
import json
import os
import pickle
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.problems import compressed
from pettingllms.problems.compressed import read_plain_pickle, uncompressed
from pettingllms.problems.record import UnusableRecordError

from .conftest import Complain
from .published import LIVECODEBENCH, packed

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


class Evil:
    """What a pickle of this asks for is a shell."""

    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/pwned",)


def test_the_published_form() -> None:
    """base64 of zlib of a pickled text."""
    assert uncompressed(packed([{"input": "1"}])) == json.dumps([{"input": "1"}])


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@given(value=PLAIN)
def test_plain_data_of_any_protocol(protocol: int, value: Any) -> None:
    """Comes out as it went in, where nothing but text is used twice."""
    value = json.loads(json.dumps(value))
    assert read_plain_pickle(pickle.dumps(value, protocol)) == value


@given(data=st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    """Are a value or an error in words."""
    with suppress(UnusableRecordError):
        read_plain_pickle(data)


@pytest.mark.parametrize("value", [Evil(), [Evil()], {1, 2}, len, b"x", 1j])
def test_what_is_no_plain_data_is_refused(value: Any) -> None:
    """Objects, functions and whatever else would have to be made by calling something."""
    with pytest.raises(UnusableRecordError, match="holds a pickle"):
        read_plain_pickle(pickle.dumps(value))


def test_a_list_cannot_be_used_twice() -> None:
    """So no small pickle becomes a large value, or one without end."""
    laughs: list[Any] = ["ha"]
    for _ in range(40):
        laughs = [laughs, laughs]
    with pytest.raises(UnusableRecordError, match="uses a list twice"):
        read_plain_pickle(pickle.dumps(laughs))


def test_a_bomb_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than may be."""
    monkeypatch.setattr(compressed, "_MOST_BYTES", 1_000)
    bomb = base64.b64encode(zlib.compress(b"0" * 1_000_000)).decode()
    with pytest.raises(UnusableRecordError, match="packed data of more than 1,000 bytes"):
        uncompressed(bomb)


def test_a_hostile_record_is_refused_with_its_line(complaint: Complain) -> None:
    """Before any request, and with nothing run."""
    evil = base64.b64encode(zlib.compress(pickle.dumps(Evil()))).decode()
    said = complaint(LIVECODEBENCH | {"private_test_cases": evil})
    assert "makes no plain data: nothing of it is run" in said
