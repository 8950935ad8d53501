"""JSON in and out for text of any kind."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.files import json as json_text
from pettingllms.records import Completion

ANY_TEXT = st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from('\\u"dD8'))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(ANY_JSON)
def test_anything_can_be_written_and_is_read_back_well_formed(value):
    """Only lone surrogates change."""
    assert orjson.loads(json_text.dumps(value)) == json_text.well_formed(value)


@given(ANY_JSON)
def test_anything_that_is_escaped_can_be_read(value):
    """The standard library escapes surrogates; they are read as the text they stand for."""
    assert json_text.loads(json.dumps(value).encode()) == json_text.well_formed(value)


@given(ANY_JSON)
def test_well_formed_text_stays_as_it_is(value):
    """Mending twice is mending once, and what orjson takes is not touched."""
    mended = json_text.well_formed(value)
    assert json_text.well_formed(mended) == mended
    assert json_text.dumps(mended) == orjson.dumps(mended)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"\uDFFF x"', "\ufffd x"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\ud83d\ud83d\ude00\ude00"', "\ufffd\U0001f600\ufffd"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\\ufffd"),
        (r'"\ud800\\udc00"', "\ufffd\\udc00"),
    ],
)
def test_halves_of_pairs(escaped, text):
    """Each lone half is replaced; pairs, and backslashes that stand for themselves, are not."""
    assert json_text.loads(escaped.encode()) == text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'"\\ud8"', b'{"a": \\ud800}'])
def test_what_is_no_json_stays_none(content):
    """Mending text makes no JSON out of anything else."""
    with pytest.raises(orjson.JSONDecodeError):
        json_text.loads(content)


def test_dataclasses_are_mended_too():
    """Records are written as they are, whatever their text."""
    assert orjson.loads(json_text.dumps([Completion("\ud800")]))[0]["text"] == "\ufffd"
    with pytest.raises(TypeError):
        json_text.dumps(object())
