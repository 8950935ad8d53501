"""The nouns of a collection run, frozen: what one stage hands to the next.

A row travels Problem -> ChatRequest -> Completion -> Verdict -> Attempt; the SFT row and the
stats are computed from attempts alone. Nothing here does I/O or knows a provider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import add
from typing import Any, Literal, NotRequired, TypedDict

Role = Literal["system", "user", "assistant"]
Agent = Literal["code", "test"]
"""Who speaks: the one who solves problems, or the one who writes tests for them."""


class Message(TypedDict):
    """One chat message; `reasoning` is an assistant's thinking, kept apart from its answer."""

    role: Role
    content: str
    reasoning: NotRequired[str]


Messages = Sequence[Message]


DEFAULT_TOLERANCE = 1e-6
"""For floats where a problem says nothing of precision."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an answer is held against the expected one. `docs/judging.md` says what each rule means.

    `float_tolerance` is absolute or relative; any other than the default, or `numeric`, has numbers
    compared by value however they are written. `unordered`: a list matches any permutation of
    itself, printed lines too, at every depth unless `ordered_inside`; with `unordered_pairs`, a
    pair matches itself turned round.
    """

    float_tolerance: float = DEFAULT_TOLERANCE
    unordered: bool = False
    numeric: bool = False
    ordered_inside: bool = False
    unordered_pairs: bool = False
    case_blind: bool = False
    tokens: bool = False
    """Of printed text only the words count, not their lines."""
    exact: bool = False
    """Every character counts, but for the end of the last line."""
    several_right: bool = False
    """Other outputs than the expected may be right, and no rule tells: they are `unsure`."""

    @property
    def is_numeric(self) -> bool:
        return self.numeric or self.float_tolerance != DEFAULT_TOLERANCE


@dataclass(frozen=True, slots=True)
class StatedLimits:
    """What a problem allows a program for each test case, where it says so; a Python program gets
    more of it (`--time-factor`), and nobody more than the judge's own limits."""

    seconds: float | None = None
    memory_mb: int | None = None


NO_LIMITS = StatedLimits()


@dataclass(frozen=True, slots=True)
class FunctionCase:
    """Call the entry point with `args`; it must return `expected`, or one of the
    `alternatives` (all plain JSON data)."""

    args: tuple[Any, ...]
    expected: Any
    alternatives: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionTests:
    """`checker` is Python that says whether a value is right, in place of a comparison. The first
    `public` cases may be shown to who solves the problem; no verdict hangs on that. `result`
    numbers the argument that is the result, of a function that changes one in place."""

    entry_point: str
    cases: tuple[FunctionCase, ...]
    comparison: Comparison = Comparison()
    checker: str | None = None
    limits: StatedLimits = NO_LIMITS
    public: int = field(default=0, repr=False)
    result: int | None = None


@dataclass(frozen=True, slots=True)
class StdioCase:
    """Feed `stdin` to the program; it must print `stdout`, or one of the `alternatives`."""

    stdin: str
    stdout: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StdioTests:
    """`checker` is Python that says whether an output is right, in place of a comparison; `public`
    is as in `FunctionTests`."""

    cases: tuple[StdioCase, ...]
    comparison: Comparison = Comparison()
    checker: str | None = None
    limits: StatedLimits = NO_LIMITS
    public: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class AssertTests:
    """Python test code that calls the answer, as HumanEval and MBPP publish it.

    `setup` runs first (imports, helpers from the prompt); then each snippet in turn, in one
    namespace. `candidate` and `entry_point` both name the answer's function.
    """

    entry_point: str
    snippets: tuple[str, ...]
    setup: str = ""
    limits: StatedLimits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class ProgramTests:
    """Test code in the answer's own language, as HumanEval-X, HumanEvalPack and MultiPL-E publish
    it: `before`, the answer and `after` are one program, which ends well when all tests pass.

    The judge finds where the program starts (`main`, a test framework's functions, or its first
    line), and keeps a `main` of the answer's own out of the way.
    """

    after: str
    before: str = ""
    entry_point: str = ""
    limits: StatedLimits = NO_LIMITS


Tests = FunctionTests | StdioTests | AssertTests | ProgramTests


@dataclass(frozen=True, slots=True)
class Part:
    """Every `of`th problem, from the `number`th on; the parts 1 to `of` are all problems."""

    number: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True)
class Quota:
    """How many answers a problem is asked for: `samples`, or fewer once `accept` are accepted."""

    samples: int
    accept: int | None = None

    def wave(self, asked: int = 0, accepted: int = 0) -> range:
        """The samples to ask next: as many as are still needed, none when there are enough."""
        wanted = self.samples if self.accept is None else asked + self.accept - accepted
        return range(asked, min(self.samples, wanted))


@dataclass(frozen=True, slots=True)
class Solution:
    """Code that came with a problem; `language` is a name of `languages.py`, or None where it is
    the problem's own."""

    code: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One task to solve. `origin` is where it was read: `file:line`, for messages to people.

    `language` is what answers are to be written in, a name of `languages.py`; None where the
    record does not say, and --language does. `solutions` are right ones beside the reference, and
    `wrong` ones are known not to be: both check the tests.
    """

    id: str
    messages: tuple[Message, ...]
    tests: Tests | None = None
    reference: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    origin: str = ""
    language: str | None = None
    solutions: tuple[Solution, ...] = ()
    wrong: tuple[Solution, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that can change an answer, and nothing else: what the cache key is made of.

    `body` is the JSON that goes over the wire; `scope` is where it goes (the base URL);
    `sample` tells apart several answers to one body.
    """

    provider: str
    scope: str
    body: Mapping[str, Any]
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed: cached are part of the prompt's, reasoning of the completion's."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*map(add, _tokens_of(self), _tokens_of(other)))

    def __sub__(self, other: Usage) -> Usage:
        """Nothing is ever less than nothing."""
        return Usage(
            *(max(0, a - b) for a, b in zip(_tokens_of(self), _tokens_of(other), strict=True))
        )


def _tokens_of(usage: Usage) -> tuple[int, ...]:
    return (
        usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expenses:
    """Requests that were sent, and what those that were answered cost, as far as prices are known:
    US dollars by turn, and the number of the `unpriced`."""

    requests_by_turn: Mapping[int, int] = field(default_factory=dict[int, int])
    usd_by_turn: Mapping[int, float] = field(default_factory=dict[int, float])
    answers: int = 0
    unpriced: int = 0
    tokens: Usage = Usage()

    @classmethod
    def of(cls, turn: int, usage: Usage, usd: float | None) -> Expenses:
        """One answer; that its request was sent is counted by itself."""
        costs = {turn: usd} if usd else {}
        return cls({}, costs, answers=1, unpriced=usd is None, tokens=usage)

    @property
    def requests(self) -> int:
        return sum(self.requests_by_turn.values())

    @property
    def usd(self) -> float:
        return sum(self.usd_by_turn.values())

    def __add__(self, other: Expenses) -> Expenses:
        return Expenses(
            _merged(self.requests_by_turn, other.requests_by_turn, 1),
            _merged(self.usd_by_turn, other.usd_by_turn, 1),
            self.answers + other.answers,
            self.unpriced + other.unpriced,
            self.tokens + other.tokens,
        )

    def __sub__(self, other: Expenses) -> Expenses:
        """What is on this bill and not on the other; nothing is ever less than nothing."""
        return Expenses(
            _merged(self.requests_by_turn, other.requests_by_turn, -1),
            _merged(self.usd_by_turn, other.usd_by_turn, -1),
            max(0, self.answers - other.answers),
            max(0, self.unpriced - other.unpriced),
            self.tokens - other.tokens,
        )


_NOTHING_USD = 1e-9
"""Sums of floats end a little off."""


def _merged(one: Mapping[int, Any], other: Mapping[int, Any], sign: int) -> dict[int, Any]:
    turns = sorted(one.keys() | other.keys())
    sums = {turn: one.get(turn, 0) + sign * other.get(turn, 0) for turn in turns}
    return {turn: total for turn, total in sums.items() if total > _NOTHING_USD}


@dataclass(frozen=True, slots=True)
class PerhapsBilled:
    """Sends that brought no answer but may have been charged: how many, and how many US dollars
    at most, as far as the price is known."""

    sends: int = 0
    usd: float = 0.0

    def __add__(self, other: PerhapsBilled) -> PerhapsBilled:
        return PerhapsBilled(self.sends + other.sends, self.usd + other.usd)


NOT_BILLED = PerhapsBilled()


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, normalised over providers. `raw` is the provider's JSON as it came.

    `latency_s` is the seconds of the one request that answered; `received_at` an ISO 8601 UTC
    time; `run_id` the run that paid for it; `cached` whether this run got it for nothing.
    `tier` is the service tier that the provider says it was answered on; `is_estimated` is set
    where the provider gave no usage, and `usage` is what the texts can come to at most.
    """

    text: str
    model: str = ""
    finish_reason: FinishReason = FinishReason.STOP
    usage: Usage = Usage()
    reasoning: str = ""
    response_id: str = ""
    latency_s: float = 0.0
    received_at: str = ""
    run_id: str = ""
    raw: Mapping[str, Any] | None = None
    cached: bool = False
    tier: str = ""
    is_estimated: bool = False


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
NEVER_SENT = frozenset({STOPPED, BROKEN_PROBLEM, PRIVATE, NOT_CACHED, LACKING_LIBRARY})


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
