"""Rows of two agents: episodes, rewards and ratios."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.export.agents import most_rows, parse_ratios, reward_of, successes
from pettingllms.records import Agent, Attempt, Outcome, Verdict
from tests.export.attempt_samples import answered

RATIO = st.floats(0.01, 100)


def of(sample: int, outcome: Outcome, agent: Agent = "code") -> tuple[Attempt, ...]:
    return (replace(answered("p/0", outcome, sample=sample), agent=agent),)


def test_an_episode_succeeds_where_both_agents_do() -> None:
    """The answer and the set of one number; where only answers are collected, the answer alone."""
    samples = [
        of(0, Outcome.PASSED), of(1, Outcome.PASSED), of(2, Outcome.ERROR),
        of(3, Outcome.PASSED, "test"), of(4, Outcome.WRONG_ANSWER, "test"),
        of(5, Outcome.PASSED, "test"),
    ]  # fmt: skip
    assert successes(samples, ("code", "test")) == {0, 3}
    assert successes(samples, ("code",)) == {0, 1}


@pytest.mark.parametrize(
    ("verdict", "reward"),
    [
        (Verdict(Outcome.PASSED, 7, 7), 1.0),
        (Verdict(Outcome.WRONG_ANSWER, 3, 4), 0.75),
        (Verdict(Outcome.AGREED, 2, 4), 0.5),
        (Verdict(Outcome.RATED), 1.0),
        (Verdict(Outcome.UNTESTED), 0.0),
        (None, 0.0),
    ],
)
def test_the_reward_is_the_share_of_the_tests(verdict: Verdict | None, reward: float) -> None:
    """Of an answer that has none, whether it is kept by a grade."""
    assert reward_of(replace(answered(), verdict=verdict)) == reward


@pytest.mark.parametrize(
    "words", ["", "code=1", "code=1,test=0", "code=1,test=x", "code=1,code=2", "a=1,test=1",
              "code=inf,test=1", "code=nan,test=1"],
)  # fmt: skip
def test_ratios_that_are_none(words: str) -> None:
    """Each says what can be written."""
    with pytest.raises(ValueError, match=r"code|number"):
        parse_ratios(words)


@given(st.integers(0, 500), st.integers(0, 500), RATIO, RATIO)
def test_as_many_rows_stay_as_the_ratios_allow(
    code: int, test: int, of_code: float, of_test: float
) -> None:
    """Never more than there are; of one of them all, but for rounding."""
    most = most_rows({"code": code, "test": test}, {"code": of_code, "test": of_test})
    assert most["code"] <= code
    assert most["test"] <= test
    assert most["code"] >= code - 1 or most["test"] >= test - 1
