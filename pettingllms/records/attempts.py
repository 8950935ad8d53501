"""One turn, whatever came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pettingllms.records.completions import Completion
from pettingllms.records.expenses import NOT_BILLED, PerhapsBilled
from pettingllms.records.messages import Message
from pettingllms.records.verdicts import Outcome, Verdict

Agent = Literal["code", "test"]
"""Who speaks: the one who solves problems, or the one who writes tests for them."""


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """A request that brought no answer: its cause (one word, counted) and what was said."""

    cause: str
    message: str


STOPPED = "stopped"
"""The cause of a row that was never asked, because the run had been stopped."""
BROKEN_PROBLEM = "broken_problem"
"""The cause of a row that was never asked, because its reference fails its own tests."""
PRIVATE = "private"
"""The cause of a row that was never asked, because something in it must not leave the machine."""
NOT_CACHED = "not_cached"
"""The cause of a row that a rebuild did not find in the cache."""
LACKING_LIBRARY = Outcome.MISSING_LIBRARY.value  # of its reference; never asked either
IN_BATCH = "in_batch"
"""The cause of a row that was not asked, because a batch holds its request."""
NEVER_SENT = frozenset({STOPPED, BROKEN_PROBLEM, PRIVATE, NOT_CACHED, LACKING_LIBRARY, IN_BATCH})


@dataclass(frozen=True, slots=True)
class Review:
    """A request of its own: what a model (`PROVIDER:MODEL`) said when it was asked to grade an
    answer.

    Exactly one of `completion` and `failure` is set.
    """

    request_key: str
    completion: Completion | None = None
    failure: RequestFailure | None = None
    retries: Mapping[str, int] = field(default_factory=dict[str, int])
    cost_usd: float | None = None
    perhaps_billed: PerhapsBilled = NOT_BILLED
    model: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an answer to a problem without tests was held against: of so many `answers`, those that
    are `alike`, with what they return for written inputs as `tests` (JSON text)."""

    answers: int
    alike: int
    tests: str

    @property
    def share(self) -> float:
        return self.alike / self.answers


@dataclass(frozen=True, slots=True)
class Written:
    """A set of tests by a model: it `killed` so many of the programs known to be `wrong`; `refused`
    counts the cases that were not taken, by reason."""

    refused: Mapping[str, int] = field(default_factory=dict[str, int])
    killed: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One turn of one sample of one problem, whatever came of it: one line, kept for ever.

    Exactly one of `completion` (then with a verdict) and `failure` is set. `feedback` says what a
    repair turn was told of the failure before it, and `shown_case` which test case it was shown,
    from 0; `metadata` is the problem's, `language` the one that was asked for (none where it is not
    known), and `is_tested` says whether the problem has tests. The `code` of the agent that writes
    tests is what it wrote, as far as it reads.
    """

    problem_id: str
    sample: int
    turn: int
    provider: str
    model: str
    messages: tuple[Message, ...]
    request_key: str
    run_id: str
    completion: Completion | None = None
    code: str | None = None
    verdict: Verdict | None = None
    failure: RequestFailure | None = None
    retries: Mapping[str, int] = field(default_factory=dict[str, int])
    cost_usd: float | None = None
    review: Review | None = None
    perhaps_billed: PerhapsBilled = NOT_BILLED
    feedback: str = ""
    shown_case: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    language: str = ""
    is_tested: bool = True
    agent: Agent = "code"
    agreement: Agreement | None = None
    written: Written | None = None
