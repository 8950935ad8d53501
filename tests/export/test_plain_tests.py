"""Tests as JSON text: every kind comes back as it went, from every shape that is read."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.export.plain_tests import decode_tests, encode_tests
from pettingllms.problems.shapes import to_problem
from pettingllms.records import (
    AssertTests,
    Comparison,
    FunctionCase,
    FunctionTests,
    ProgramTests,
    StatedLimits,
    StdioCase,
    StdioTests,
    Tests,
)
from tests.problems import published

_OTHER_CODE = {name: record for name, (record, _) in published.OTHER_CODE.items()}
PUBLISHED = {name: record for name, record in vars(published).items() if isinstance(record, dict)
             and name.isupper() and not name.startswith(("OTHER", "COLUMNS"))}  # fmt: skip
PUBLISHED |= published.OTHER_PROGRAMS | _OTHER_CODE

_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
_limits = st.builds(StatedLimits, st.none() | st.floats(0.1, 100), st.none() | st.integers(1, 4096))
_rules = st.builds(
    Comparison, st.floats(0, 1), st.booleans(), st.booleans(), case_blind=st.booleans()
)
_checkers = st.none() | st.text()
_calls = st.builds(
    FunctionCase, st.lists(_plain, max_size=3).map(tuple), _plain,
    st.lists(_plain, max_size=2).map(tuple),
)  # fmt: skip
_runs = st.builds(StdioCase, st.text(), st.text(), st.lists(st.text(), max_size=2).map(tuple))
_tests = st.one_of(
    st.builds(
        FunctionTests, st.text(), st.lists(_calls, max_size=3).map(tuple), _rules, _checkers,
        _limits, st.integers(0, 3), st.none() | st.integers(0, 3),
    ),
    st.builds(
        StdioTests, st.lists(_runs, max_size=3).map(tuple), _rules, _checkers, _limits,
        st.integers(0, 3),
    ),
    st.builds(AssertTests, st.text(), st.lists(st.text()).map(tuple), st.text(), _limits),
    st.builds(ProgramTests, st.text(), st.text(), st.text(), _limits),
)  # fmt: skip


@given(_tests)
def test_any_tests_come_back_as_they_went(tests: Tests) -> None:
    """Whatever their kind, rules, checker and limits."""
    assert decode_tests(encode_tests(tests)) == tests


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_tests_of_every_published_set_come_back(name: str) -> None:
    """As their shapes make them."""
    problem = to_problem(PUBLISHED[name], "here:1")
    if problem.tests is not None:
        assert decode_tests(encode_tests(problem.tests)) == problem.tests


def test_integers_beyond_pythons_own_limit_stay_exact() -> None:
    """Also beside text that looks like what stands for them on the way."""
    long = 7 * 10**6000 + 3
    case = FunctionCase((-long, [{"n": long}]), long)
    tests = FunctionTests("f", (case, replace(case, args=("integer 0", 1))))
    assert decode_tests(encode_tests(tests)) == tests


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "other"}', '{"kind": "stdio"}', "1"])
def test_what_holds_no_tests_is_refused(text: str) -> None:
    """In words that show it."""
    with pytest.raises(ValueError, match="no tests in plain data"):
        decode_tests(text)


def test_the_text_is_json_that_others_read() -> None:
    """Plain lists and numbers, without what goes without saying."""
    tests = FunctionTests("add", (FunctionCase((1, 2), 3),))
    assert json.loads(encode_tests(tests)) == {
        "kind": "function",
        "entry_point": "add",
        "cases": [{"args": [1, 2], "expected": 3, "alternatives": []}],
    }
