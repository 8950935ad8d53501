"""What a repair turn is told, and what is written down of it."""

from __future__ import annotations

import pytest

from pettingllms.records import Failure, Outcome, Problem, StdioCase, StdioTests, Verdict
from pettingllms.run.feedback import FeedbackRule, feedback_on

TESTS = StdioTests(tuple(StdioCase(str(n), str(n)) for n in range(4)), public=2)
MESSAGES = ({"role": "user", "content": "Echo."},)
WITH_PUBLIC = Problem("p", MESSAGES, TESTS)  # pyright: ignore[reportArgumentType]
ALL_HIDDEN = Problem("h", MESSAGES, StdioTests(TESTS.cases))  # pyright: ignore[reportArgumentType]
FAILURE = Failure(test="3", expected="3", got="4")


def _failed_at(case: int) -> Verdict:
    return Verdict(Outcome.WRONG_ANSWER, case, 4, FAILURE)


@pytest.mark.parametrize(
    ("problem", "case", "rule", "told", "shown"),
    [
        (WITH_PUBLIC, 1, None, "public", 1),
        (WITH_PUBLIC, 3, None, "outcome", None),
        (WITH_PUBLIC, 1, "public", "public", 1),
        (WITH_PUBLIC, 3, "public", "outcome", None),
        (WITH_PUBLIC, 1, "outcome", "outcome", None),
        (WITH_PUBLIC, 3, "full", "full", 3),
        (ALL_HIDDEN, 1, None, "full", 1),
        (ALL_HIDDEN, 1, "public", "outcome", None),
        (ALL_HIDDEN, 1, "outcome", "outcome", None),
    ],
)
def test_what_a_repair_turn_is_told(
    problem: Problem, case: int, rule: FeedbackRule | None, told: str, shown: int | None
) -> None:
    """By default public cases where there are some, else everything; a shown case is named."""
    feedback = feedback_on(problem, _failed_at(case), rule)
    assert (feedback.told, feedback.shown_case) == (told, shown)
    assert (feedback.verdict.failure is None) == (shown is None)


def test_what_no_test_has_to_do_with_is_always_told() -> None:
    """An error of syntax gives no test away."""
    verdict = Verdict(Outcome.SYNTAX_ERROR, failure=Failure(error="line 1"))
    assert feedback_on(WITH_PUBLIC, verdict, "outcome").verdict == verdict
