"""When what came out is what was expected."""

from __future__ import annotations

import json
import math
import random
from collections import Counter, OrderedDict, deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pettingllms.judge.runners.compare import matches, same_output
from pettingllms.judge.sandbox.inside.plain import NotPlainError, decode, encode
from pettingllms.records import Comparison

EXACT = Comparison()
UNORDERED = Comparison(unordered=True)

NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text())
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)
KEYS = st.one_of(st.integers(), st.text(), st.booleans(), st.tuples(st.integers(), st.text()))
RARE = st.one_of(
    st.binary(), st.complex_numbers(allow_nan=False), st.decimals(allow_nan=False), st.fractions()
)
PLAIN = st.recursive(
    st.one_of(SCALARS, RARE),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(KEYS, inner),
        st.sets(KEYS),
        st.frozensets(KEYS),
    ),
    max_leaves=8,
)


def same(got: Any, expected: Any, comparison: Comparison = EXACT) -> bool:
    return matches(encode(got), expected, comparison)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (0.1 + 0.2, 0.3),
        (1, 1.0),
        (math.nan, math.nan),
        (-math.inf, -math.inf),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({(1, 2)}), [[1, 2]]),
        ({1: "a"}, {"1": "a"}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        (10**400, 10**400),
        ("ü\ud800", "ü\ud800"),
        ([[], {}], [[], {}]),
    ],
)
def test_equal(got: Any, expected: Any) -> None:
    """Values that JSON cannot tell apart are the same, and floats within tolerance."""
    assert same(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (1.00001, 1.0),
        (True, 1),
        (1, True),
        (0, False),
        (None, False),
        ("1", 1),
        (math.nan, 1.0),
        (math.inf, 1e308),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({1: "a", "1": "b"}, {"1": "a"}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, [["a", 1]]),
        (10**400, 10**400 + 1),
        (10**400, math.inf),
        (2**63, 2**63 + 1),
        (deque([1]), [1]),
        (range(3), [0, 1, 2]),
        (iter([1]), [1]),
        (b"a", "a"),
    ],
)
def test_different(got: Any, expected: Any) -> None:
    """A bool is no number, NaN only itself, whole numbers exact; lazy things are no lists."""
    assert not same(got, expected)


def test_tolerance_is_absolute_or_relative() -> None:
    """It holds near zero and for large numbers alike."""
    wide = Comparison(float_tolerance=0.1)
    assert same(0.05, 0.0, wide)
    assert same(1050.0, 1000.0, wide)
    assert not same(1200.0, 1000.0, wide)


def test_any_order_at_every_depth() -> None:
    """Unordered lists match as multisets, whatever their members."""
    assert same([3, 1, 2], [1, 2, 3], UNORDERED)
    assert same([[2, 1], [4, 3]], [[3, 4], [1, 2]], UNORDERED)
    assert same([{"a": 1, "b": 2}, {"c": 3}], [{"c": 3}, {"b": 2, "a": 1}], UNORDERED)
    assert same([[0.1 + 0.2, 1], [0.3, 2]], [[0.3, 1], [0.3, 2]], UNORDERED)
    assert same([2**60 + 1, 2**60], [2**60, 2**60 + 1], UNORDERED)
    assert not same([1, 1, 2], [1, 2, 2], UNORDERED)
    assert not same([1, True], [1, 1], UNORDERED)


@pytest.mark.parametrize(
    "wire",
    [
        *({}, {"a": 1, "b": 2}, {"set": 5}, {"dict": [1]}, {"dict": [[1]]}, {"int": "z"}),
        *({"int": 5}, {"float": []}, {"object": [0, "x"]}, {"nonsense": None}, {"tuple": {}}),
    ],
)
def test_malformed_data_equals_nothing(wire: Any) -> None:
    """Whatever an adversary sends is compared without an exception."""
    for expected in (None, 0, [], {}, "", [{}]):
        assert not matches(wire, expected, EXACT)
        assert not matches(wire, expected, UNORDERED)


def test_depth_is_no_trap() -> None:
    """Nesting beyond the interpreter's stack is a wrong answer."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert not matches(deep, deep, UNORDERED)


@given(JSON)
def test_everything_equals_itself(value: Any) -> None:
    """Also after a journey through JSON."""
    assert matches(json.loads(json.dumps(encode(value))), value, EXACT)


@given(st.lists(JSON, max_size=8), st.randoms(use_true_random=False))
def test_a_shuffled_list_equals_itself(items: list[Any], chance: random.Random) -> None:
    """In any order, where order does not count."""
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert same(shuffled, items, UNORDERED)


@given(JSON, JSON)
def test_equality_has_no_direction(one: Any, other: Any) -> None:
    """Got and expected may be swapped."""
    assert same(one, other) == same(other, one)


@settings(max_examples=50)
@given(PLAIN)
def test_plain_data_arrives_as_what_it_was(value: Any) -> None:
    """Encoding and decoding lose neither value nor type."""
    arrived = decode(json.loads(json.dumps(encode(value))))
    assert type(arrived) is type(value)
    assert arrived == value


def test_what_is_not_plain_is_refused() -> None:
    """An object never travels by value."""
    with pytest.raises(NotPlainError):
        encode([object()])


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("1 2  \n3\n\n\n", "1 2\n3"),
        ("1\r\n2\r\n", "1\n2\n"),
        ("0.333333333", "0.33333333"),
        ("x 1.0", "x 1.0000000001"),
        ("1", "1.0"),
        ("1e-7", "1.0e-7"),
        ("", "\n"),
    ],
)
def test_equal_output(got: str, expected: str) -> None:
    """White space at line ends and empty last lines do not count; floats have a tolerance."""
    assert same_output(got, expected, EXACT)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("1  2\nx", "1 2\ny"),
        ("12", "1 2"),
        ("1\n2", "2\n1"),
        ("1.0", "1"),
        ("100000001", "100000000"),
        ("nan", "1.0"),
        ("\n1", "1"),
        ("1.0" * 200, "1.0" * 201),
        ("", "0"),
    ],
)
def test_different_output(got: str, expected: str) -> None:
    """Text is exact, and so are whole numbers."""
    assert not same_output(got, expected, EXACT)


def test_lines_in_any_order() -> None:
    """With `unordered`, lines are a multiset."""
    assert same_output("b\na\n", "a\nb\n", UNORDERED)
    assert not same_output("a\na\n", "a\nb\n", UNORDERED)


@given(st.text())
def test_output_equals_itself(text: str) -> None:
    """And with blank lines after it."""
    assert same_output(text, text, EXACT)
    assert same_output(text + "\n\n", text, EXACT)
