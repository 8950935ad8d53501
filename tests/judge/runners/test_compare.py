"""When what came out is what was expected."""

from __future__ import annotations

import json
import math
import random
from collections import Counter, OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pettingllms.judge.runners.compare import matches
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
        (True, 1),
        (1, True),
        ([True, 0], [1, False]),
        (2.0, 2),
        (2, 2.0),
        (Decimal("0.5"), 0.5),
        (Fraction(1, 4), 0.25),
        ({3, 1, 2}, {1, 2, 3}),
        (frozenset({(1, 2)}), {(1, 2)}),
        (1e-12, 0.0),
        ({1: "a"}, {"1": "a"}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        (10**400, 10**400),
        ("ü\ud800", "ü\ud800"),
        ([[], {}], [[], {}]),
    ],
)
def test_equal(got: Any, expected: Any) -> None:
    """As Python has it, tuples and keys as JSON has them, and floats within the tolerance."""
    assert same(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (1.00001, 1.0),
        (2.0000001, 2),
        (1e-7, 0),
        (1e-7, 0.0),
        (0.0, 1e-8),
        (0, None),
        ({1, 2}, [1, 2]),
        (frozenset({1}), [1]),
        ([1, 2], {1, 2}),
        ({3, 1, 2}, [3, 1, 2]),
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
    """A set is no list, NaN only itself, whole numbers are exact; lazy things are no lists."""
    assert not same(got, expected)


def test_sets_of_sets_are_lists_in_any_order() -> None:
    """JSON, where what is expected was written down, has no sets; a single one may be a mistake."""
    assert same({frozenset({2, 1}), frozenset({3})}, [[1, 2], [3]])
    assert same({"a": {frozenset({2, 1})}}, {"a": [[1, 2]]})
    assert not same({frozenset({2, 1}), frozenset({4})}, [[1, 2], [3]])
    assert not same({frozenset({1})}, [1])
    assert not same([{1, 2}, {3}], [[1, 2], [3]])
    assert not same(set[int](), list[int]())


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
    assert same({3, 1, 2}, [1, 2, 3], UNORDERED)
    assert same([[0.1 + 0.2], [0.1]], [[0.1], [0.3]], UNORDERED)
    assert not same([[1, 2], [3]], [[1], [2, 3]], UNORDERED)


def test_any_order_outside_alone() -> None:
    """Where what is inside has an order of its own: permutations, paths."""
    outside = Comparison(unordered=True, ordered_inside=True)
    assert same([[3, 4], [1, 2]], [[1, 2], [3, 4]], outside)
    assert not same([[2, 1], [3, 4]], [[1, 2], [3, 4]], outside)
    assert not same([{1, 2}], [[1, 2]], outside)


def test_pairs_turned_round() -> None:
    """Edges of a graph, or two indices; longer lists keep their order."""
    pairs = Comparison(unordered_pairs=True)
    assert same([1, 0], [0, 1], pairs)
    assert same([[2, 1], [2, 3]], [[1, 2], [3, 2]], pairs)
    assert not same([[2, 3], [2, 1]], [[1, 2], [3, 2]], pairs)
    assert not same([3, 2, 1], [1, 2, 3], pairs)
    anywhere = Comparison(unordered=True, unordered_pairs=True, ordered_inside=True)
    assert same([[2, 3], [2, 1]], [[1, 2], [3, 2]], anywhere)


def test_text_in_any_case() -> None:
    """At every depth; numbers are no text."""
    blind = Comparison(case_blind=True)
    assert same(["Yes", {"a": "NO"}], ["YES", {"a": "no"}], blind)
    assert not same("yes", "no", blind)


def test_numbers_by_value() -> None:
    """With a tolerance, a float may stand for a whole number; two whole numbers are exact."""
    for rules in (Comparison(1e-3), Comparison(numeric=True)):
        assert same(7.0000001, 7, rules)
        assert not same(10**9 + 1, 10**9, rules)
    assert not same(0.1 + 0.2, 0.3, Comparison(exact=True))


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


RULES = st.builds(
    Comparison,
    float_tolerance=st.sampled_from([0.0, 1e-6, 0.1]),
    **dict.fromkeys(("unordered", "numeric", "ordered_inside", "unordered_pairs"), st.booleans()),
    **dict.fromkeys(("case_blind", "exact"), st.booleans()),
)
WHOLE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)


@given(JSON, RULES)
def test_everything_equals_itself_under_any_rules(value: Any, rules: Comparison) -> None:
    """No combination of rules makes a value another."""
    assert same(value, value, rules)


@given(WHOLE, WHOLE, RULES)
def test_equality_has_no_direction(one: Any, other: Any, rules: Comparison) -> None:
    """Got and expected may be swapped; but a float may be expected where a whole number came."""
    assert same(one, other, rules) == same(other, one, rules)


@given(st.floats(), st.floats(), RULES)
def test_closeness_has_no_direction(one: float, other: float, rules: Comparison) -> None:
    """Nor has a tolerance."""
    assert same(one, other, rules) == same(other, one, rules)


TAGS = st.sampled_from(
    ["tuple", "set", "frozenset", "dict", "int", "float", "decimal", "fraction", "complex", "range"]
)
WIRES = st.recursive(
    st.one_of(SCALARS, st.integers(10**399, 10**400)),
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(TAGS, st.one_of(inner, st.lists(inner), st.text("0123456789abcdef./-E"))),
    ),
    max_leaves=20,
)


@given(WIRES, JSON, RULES)
def test_no_reply_makes_it_raise(wire: Any, expected: Any, rules: Comparison) -> None:
    """Whatever an adversary sends beside any expected value."""
    assert matches(wire, expected, rules) in (True, False)


@pytest.mark.parametrize(
    "wire",
    [
        {"float": 10**400},
        {"float": "9" * 10_000},
        {"int": "f" * 1_000_000},
        {"decimal": "1E+999999999"},
        {"fraction": "1/0"},
        {"fraction": "1E999999999/1"},
        {"complex": [10**400, 1]},
        {"range": [0, 10**30, 1]},
        [{"set": [[{"set": [n]} for n in range(300)] for _ in range(300)]}],
        {"dict": [[[n], n] for n in range(100_000)]},
        [[0.1 + n / 1e9 for n in range(20_000)]],
    ],
    ids=lambda wire: str(wire)[:30],
)
@pytest.mark.parametrize("expected", [1.5, [[0.1] * 3], {"a": 1}, [[0.1] * 20_000]], ids=repr)
def test_no_reply_makes_it_dear(wire: Any, expected: Any) -> None:
    """Large, deep and many-sided values are refused after little work."""
    for rules in (EXACT, UNORDERED):
        assert not matches(wire, expected, rules)


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
