"""How an answer fared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How an answer fared. The first four are kept for training; the rest say why not."""

    PASSED = "passed"
    AGREED = "agreed"
    UNTESTED = "untested"
    RATED = "rated"
    DISAGREED = "disagreed"
    NO_AGREEMENT = "no_agreement"
    NO_TESTS = "no_tests"
    WRONG_ANSWER = "wrong_answer"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    SYNTAX_ERROR = "syntax_error"
    COMPILE_ERROR = "compile_error"
    WRONG_LANGUAGE = "wrong_language"
    NO_CODE = "no_code"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    LOW_SCORE = "low_score"
    UNRATED = "unrated"
    REJECTED = "rejected"
    UNSURE = "unsure"
    NOT_ISOLATED = "not_isolated"
    MISSING_LIBRARY = "missing_library"
    WRONG_LIBRARY = "wrong_library"
    SANDBOX_FAILURE = "sandbox_failure"

    @property
    def is_kept(self) -> bool:
        return self in (Outcome.PASSED, Outcome.AGREED, Outcome.UNTESTED, Outcome.RATED)

    @property
    def is_repairable(self) -> bool:
        """Whether telling the model what failed can lead to a better answer."""
        return self in _COMPLAINTS

    def complaint(self, language: str) -> str:
        """What the model is told of it, where it is repairable."""
        return _COMPLAINTS[self].format(language=language)

    @property
    def is_undecided(self) -> bool:
        """Whether nobody found out if the answer is right."""
        return self in _UNDECIDED


_COMPLAINTS = {
    Outcome.WRONG_ANSWER: "Your solution gives a wrong answer.",
    Outcome.DISAGREED: "Your solution does not do what most solutions of this task do.",
    Outcome.ERROR: "Your solution raises an error.",
    Outcome.TIMEOUT: "Your solution takes too long.",
    Outcome.MEMORY: "Your solution uses too much memory.",
    Outcome.SYNTAX_ERROR: "Your solution is not valid {language}.",
    Outcome.COMPILE_ERROR: "Your solution does not compile.",
    Outcome.WRONG_LANGUAGE: "Your solution is not written in {language}.",
    Outcome.WRONG_LIBRARY: "Your solution does not use what the task asks for.",
    Outcome.NO_CODE: "Your reply holds no {language} code block.",
}
_UNDECIDED = frozenset(
    {
        Outcome.UNTESTED,
        Outcome.UNRATED,
        Outcome.NO_AGREEMENT,
        Outcome.NO_TESTS,
        Outcome.UNSURE,
        Outcome.NOT_ISOLATED,
        Outcome.MISSING_LIBRARY,
        Outcome.SANDBOX_FAILURE,
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The first test that failed, as text short enough to show a person or to feed back."""

    test: str = ""
    expected: str = ""
    got: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`seconds` is the candidate's CPU time; `judged_by` names the judge and its limits.

    `reason` says what a user's own validator rejected the answer for. One `by_wall_time` may come
    out otherwise on a machine that has less to do.
    """

    outcome: Outcome
    tests_passed: int = 0
    tests_total: int = 0
    failure: Failure | None = None
    seconds: float = 0.0
    judged_by: str = ""
    reason: str = ""
    by_wall_time: bool = False

    @property
    def may_change(self) -> bool:
        """Whether the same answer may fare otherwise another time, by no doing of its own."""
        return self.by_wall_time or self.outcome is Outcome.SANDBOX_FAILURE

    @property
    def counted_as(self) -> str:
        return self.reason or self.outcome
