"""Which answers agree: groups, their weight, and what is needed to be believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.agreement import (
    Agreed,
    AgreementRule,
    NoAgreement,
    Ran,
    find_agreement,
    parse_rule,
)
from pettingllms.judge.observation import FLAKY, Observed
from pettingllms.records import Comparison, FunctionCase, FunctionTests, StdioCase, StdioTests

WRITTEN = FunctionTests("f", tuple(FunctionCase((n,), n * 2) for n in range(4)))
ERROR = Observed(error="ValueError")


def gave(sample: int, *values: Any) -> Ran:
    outputs = (v if isinstance(v, Observed) else Observed(json.dumps(v)) for v in values)
    return Ran(sample, tuple(outputs))


def right(sample: int) -> Ran:
    return gave(sample, 0, 2, 4, 6)


def test_the_largest_group_is_kept_with_what_it_returned() -> None:
    """Whatever the tests expect elsewhere: the last expectation is wrong, and does not confirm."""
    written = FunctionTests("f", (*WRITTEN.cases[:3], FunctionCase((3,), 99)))
    found = find_agreement([right(0), gave(1, 0, 0, 0, 0), right(2), right(3)], written, 4)
    assert isinstance(found, Agreed)
    assert found.samples == (0, 2, 3)
    assert found.confirmed == 3
    assert found.tests.cases[3] == FunctionCase((3,), 6)


def test_weight_is_answers_times_confirmed_tests() -> None:
    """So a smaller group can be worth more, where both may be believed."""
    rule = AgreementRule(answers=2, share=0.3, tests=1)
    wrong = [gave(n, 0, 9, 9, 9) for n in (0, 1, 2)]
    found = find_agreement([*wrong, right(3), right(4)], WRITTEN, 5, rule)
    assert isinstance(found, Agreed)
    assert found.samples == (3, 4)


@pytest.mark.parametrize(
    ("ran", "answers", "reason"),
    [
        ([right(0), right(1)], 2, "too_few_answers"),
        ([right(0), right(1), right(2)], 7, "answers_scatter"),
        ([right(0), right(1), gave(2, 1, 1, 1, 1), gave(3, 2, 2, 2, 2)], 4, "answers_scatter"),
        ([gave(n, 0, 9, 9, 9) for n in range(3)], 3, "tests_unconfirmed"),
        ([gave(n, 0, 1, Observed(error=FLAKY), 6) for n in range(3)], 3, "flaky_answers"),
        ([gave(n, ERROR, ERROR, ERROR, ERROR) for n in range(3)], 3, "tests_unconfirmed"),
        ([], 5, "too_few_answers"),
    ],
)
def test_nothing_is_kept_and_the_reason_is_told(ran: list[Ran], answers: int, reason: str) -> None:
    """In one word, which is counted."""
    found = find_agreement(ran, WRITTEN, answers)
    assert isinstance(found, NoAgreement)
    assert found.reason == reason


def test_two_groups_of_one_weight_are_a_tie() -> None:
    """Nobody can say which of them is right."""
    rule = AgreementRule(answers=2, share=0.5, tests=1)
    halves = [gave(0, 0, 2, 9, 9), gave(1, 0, 2, 9, 9), gave(2, 9, 9, 4, 6), gave(3, 9, 9, 4, 6)]
    found = find_agreement(halves, WRITTEN, 4, rule)
    assert isinstance(found, NoAgreement)
    assert found.reason == "groups_tie"


def test_a_test_on_which_all_fail_tells_nothing() -> None:
    """And is not among the tests that are kept; one on which some fail tells them apart."""
    failing = [gave(n, 0, 2, 4, Observed(error=f"Error{n}")) for n in range(3)]
    found = find_agreement(failing, WRITTEN, 3)
    assert isinstance(found, Agreed)
    assert len(found.tests.cases) == 3
    apart = find_agreement([*failing, *map(right, (3, 4, 5, 6))], WRITTEN, 7)
    assert isinstance(apart, Agreed)
    assert apart.samples == (3, 4, 5, 6)


def test_answers_are_compared_as_the_judge_compares() -> None:
    """Rounding, a tuple for a list, lines in any order where the statement says so."""
    floats = FunctionTests("f", (FunctionCase((0,), 0.3), FunctionCase((1,), [1])))
    near = [gave(0, 0.3, [1]), gave(1, 0.1 + 0.2, {"tuple": [1]}), gave(2, 0.3, [1])]
    assert isinstance(find_agreement(near, floats, 3), Agreed)
    rules = Comparison(unordered=True)
    lines = StdioTests((StdioCase("x", "a\nb\n"), StdioCase("y", "c\nd\n")), rules)
    printed = [Ran(n, tuple(map(Observed, p))) for n, p in enumerate(
        [("a\nb\n", "c\nd"), ("b\na\n", "d\nc"), ("a\nb \n", "d\nc\n")]
    )]  # fmt: skip
    assert isinstance(find_agreement(printed, lines, 3), Agreed)
    strict = StdioTests(lines.cases)
    assert isinstance(find_agreement(printed, strict, 3), NoAgreement)


def test_a_later_answer_is_held_against_the_group() -> None:
    """The first input on which it differs is told."""
    found = find_agreement([right(0), right(1), right(2)], WRITTEN, 3)
    assert isinstance(found, Agreed)
    assert found.first_unlike(right(9).outputs) is None
    assert found.first_unlike(gave(9, 0, 2, ERROR, 0).outputs) == 2


def test_an_input_on_which_the_group_fails_is_no_test_but_tells_answers_apart() -> None:
    """Who gives something there is not with it."""
    failing = [gave(n, 0, 2, 4, ERROR) for n in range(3)]
    found = find_agreement([*failing, right(3)], WRITTEN, 4)
    assert isinstance(found, Agreed)
    assert (found.samples, len(found.tests.cases)) == ((0, 1, 2), 3)
    assert found.first_unlike(right(3).outputs) == 3


@given(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), max_size=9), st.randoms())
def test_the_order_of_answers_changes_nothing(outputs: list[list[int]], random: Any) -> None:
    """Nor do their numbers: who is with whom follows from the outputs."""
    ran = [gave(sample, *values) for sample, values in enumerate(outputs)]
    shuffled = random.sample(ran, len(ran))
    found, again = (find_agreement(each, WRITTEN, len(ran)) for each in (ran, shuffled))
    if isinstance(found, Agreed):
        assert isinstance(again, Agreed)
        assert (set(found.samples), found.tests) == (set(again.samples), again.tests)
        assert len(found.samples) * 2 >= len(ran)
    else:
        assert isinstance(again, NoAgreement)
        assert found.reason == again.reason


def test_the_rule_in_words() -> None:
    """What is left out is as usual."""
    assert parse_rule("answers=4") == AgreementRule(4, 0.5, 2)
    assert parse_rule("share=0.6, tests=1") == AgreementRule(3, 0.6, 1)
    assert parse_rule(str(AgreementRule(5, 0.75, 3))) == AgreementRule(5, 0.75, 3)


@pytest.mark.parametrize(
    "words",
    ["3", "answers", "answers=x", "answers=1", "share=0", "share=1.5", "tests=0", "half=1",
     "answers=3,answers=4", "share=nan"],
)  # fmt: skip
def test_rules_that_are_none(words: str) -> None:
    """Each says what can be written."""
    with pytest.raises(ValueError, match=r"answers|share|number"):
        parse_rule(words)


def test_a_list_says_what_is_in_a_set() -> None:
    """Who writes JSON has no other word for it; what a row carries is the set."""
    written = FunctionTests("f", tuple(FunctionCase((n,), [n, 5]) for n in range(2)))
    sets = [gave(n, {"set": [5, 0]}, {"frozenset": [5, 1]}) for n in range(3)]
    found = find_agreement(sets, written, 3)
    assert isinstance(found, Agreed)
    assert found.confirmed == 2
    assert found.tests.cases[0] == FunctionCase((0,), {5, 0})
    lists = [gave(n, [5, 0], [5, 1]) for n in range(3)]
    assert isinstance(find_agreement(lists, written, 3), NoAgreement)
