"""What a repair turn may be told of the failure before it.

A case of the hidden tests that the model has seen proves nothing of its answer any more. So where
a problem has public cases, a repair turn sees those only, unless the user says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pettingllms.records import FunctionTests, Outcome, Problem, StdioTests, Verdict

FeedbackRule = Literal["public", "outcome", "full"]
_OF_TESTS = frozenset(
    {Outcome.WRONG_ANSWER, Outcome.DISAGREED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.MEMORY}
)


@dataclass(frozen=True, slots=True)
class Feedback:
    """`verdict` as it may be told, under the name of what is told; `shown_case` is the test case
    that it shows."""

    verdict: Verdict
    told: FeedbackRule
    shown_case: int | None = None


def feedback_on(problem: Problem, verdict: Verdict, rule: FeedbackRule | None) -> Feedback:
    """By default what is public, where something is."""
    tests = problem.tests
    cases = tests if isinstance(tests, FunctionTests | StdioTests) else None
    public = cases.public if cases else 0
    if rule is None:
        rule = "public" if public else "full"
    if verdict.outcome not in _OF_TESTS:
        return Feedback(verdict, "full" if rule == "full" else "outcome")
    is_public = verdict.tests_passed < public
    if rule == "full" or (rule == "public" and is_public):
        shows = cases is not None and verdict.failure is not None
        told: FeedbackRule = "public" if is_public else "full"
        return Feedback(verdict, told, verdict.tests_passed if shows else None)
    return Feedback(replace(verdict, failure=None), "outcome")
