"""When what a program printed is what was expected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.judge.runners.compare_text import same_output
from pettingllms.records import Comparison

PLAIN = Comparison()
UNORDERED = Comparison(unordered=True)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("1 2  \n3\n\n\n", "1 2\n3"),
        ("  1   2", "1 2"),
        ("1\r\n2\r\n", "1\n2\n"),
        ("\n1\n\n2", "1\n2\n"),
        ("0.333333333", "0.33333333"),
        ("0.30000000000000004", "0.3"),
        ("5.5e-17", "0.0"),
        ("x 1.0", "x 1.0000000001"),
        ("1.1000000001", "1.10"),
        ("1", "1.0"),
        ("1e-7", "1.0e-7"),
        ("", "\n"),
    ],
)
def test_equal_output(got: str, expected: str) -> None:
    """White space and empty lines do not count; floats may be rounded otherwise."""
    assert same_output(got, expected, PLAIN)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("1  2\nx", "1 2\ny"),
        ("12", "1 2"),
        ("1\n2", "2\n1"),
        ("1\n2", "1 2"),
        ("1.0", "1"),
        ("1.1", "1.10"),
        ("0.5", "0.500000"),
        ("2", "2.00"),
        ("1200000", "12e5"),
        ("0.0000001", "0.0"),
        ("2.0000001", "2"),
        ("100000001", "100000000"),
        ("Yes", "YES"),
        ("nan", "1.0"),
        ("\u0661.\u0660", "1.0"),
        ("1_0.0", "10.0"),
        ("1.0" * 200, "1.0" * 201),
        ("", "0"),
    ],
)
def test_different_output(got: str, expected: str) -> None:
    """Text is exact, and so are whole numbers, and how many decimals were asked for."""
    assert not same_output(got, expected, PLAIN)


def test_lines_in_any_order() -> None:
    """With `unordered`, lines are a multiset; the words of each keep their order."""
    assert same_output("b\na\n", "a\nb\n", UNORDERED)
    assert not same_output("a\na\n", "a\nb\n", UNORDERED)
    assert not same_output("2 1\n", "1 2\n", UNORDERED)
    rounded = Comparison(0.1, unordered=True)
    assert same_output("10\n9.95\n", "9.9\n10.0\n", rounded)


def test_pairs_turned_round() -> None:
    """Lines of two words, such as edges."""
    pairs = Comparison(unordered_pairs=True)
    assert same_output("2 1\n3 10\n", "1 2\n10 3\n", pairs)
    assert not same_output("3 2 1\n", "1 2 3\n", pairs)
    assert not same_output("3 10\n2 1\n", "1 2\n10 3\n", pairs)
    both = Comparison(unordered_pairs=True, unordered=True)
    assert same_output("3 10\n2 1\n", "1 2\n10 3\n", both)


@pytest.mark.parametrize("rules", [Comparison(1e-5), Comparison(numeric=True)])
def test_numbers_by_value(rules: Comparison) -> None:
    """Where a tolerance is set, however they are written; but whole numbers are exact."""
    for got, expected in (("7.000", "7"), ("1.1", "1.10"), ("12e5", "1200000"), ("7", "7.0")):
        assert same_output(got, expected, rules)
    assert same_output("YES 1e-9", "YES 0", rules)
    for got, expected in (("7.1", "7"), ("1000000001", "1000000000"), ("7x", "7"), ("07", "7")):
        assert not same_output(got, expected, rules)


def test_words_without_their_lines() -> None:
    """As many contests compare."""
    tokens = Comparison(tokens=True)
    assert same_output("1\n2 3\n", "1 2\n3", tokens)
    assert not same_output("12 3", "1 2 3", tokens)


def test_any_case() -> None:
    """Yes is YES."""
    assert same_output("Yes\nnO\n", "YES\nNO\n", Comparison(case_blind=True))
    assert not same_output("Yes\n", "NO\n", Comparison(case_blind=True))


def test_white_space_counts_where_a_problem_says_so() -> None:
    """Before words, between them, and in empty lines; nobody sees it at the end of a line."""
    exact = Comparison(exact=True)
    pyramid = "  *\n ***\n*****\n"
    assert same_output(pyramid, pyramid, exact)
    assert same_output(pyramid.replace("\n", "  \n") + "\n", pyramid, exact)
    assert same_output(pyramid.replace("\n", "\r\n"), pyramid, exact)
    assert not same_output("*\n***\n*****\n", pyramid, exact)
    assert same_output("*\n***\n*****\n", pyramid, PLAIN)
    assert not same_output("a  b", "a b", exact)
    assert not same_output("\na", "a", exact)
    assert not same_output("a\n\nb", "a\nb", exact)
    assert not same_output("0.30000000000000004", "0.3", exact)


RULES = st.builds(
    Comparison,
    float_tolerance=st.sampled_from([0.0, 1e-6, 0.1]),
    **dict.fromkeys(("unordered", "numeric", "unordered_pairs", "case_blind"), st.booleans()),
    **dict.fromkeys(("tokens", "exact"), st.booleans()),
)
TEXTS = st.one_of(st.text(), st.text("019.eE+- \nYy"))


@given(TEXTS, RULES)
def test_output_equals_itself(text: str, rules: Comparison) -> None:
    """And with blank lines after it, under any rules."""
    assert same_output(text, text, rules)
    assert same_output(text + "\n\n", text, rules)


@given(TEXTS, TEXTS, RULES)
def test_no_output_makes_it_raise(got: str, expected: str, rules: Comparison) -> None:
    """Whatever is printed."""
    assert same_output(got, expected, rules) in (True, False)


@given(TEXTS, TEXTS, RULES)
def test_by_value_there_is_no_direction(got: str, expected: str, rules: Comparison) -> None:
    """Only how a float is written goes by what was expected."""
    if rules.is_numeric or rules.exact:
        assert same_output(got, expected, rules) == same_output(expected, got, rules)
