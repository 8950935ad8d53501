"""Attempts for the export tests: one by hand, and any that there can be."""

from hypothesis import strategies as st

from pettingllms.records import (
    Attempt,
    Completion,
    Failure,
    FinishReason,
    Message,
    Outcome,
    RequestFailure,
    Review,
    Usage,
    Verdict,
)

OPENING: tuple[Message, ...] = (
    {"role": "system", "content": "You write Python."},
    {"role": "user", "content": "Écris `f`.\u2028"},
)

USAGE = Usage(10, 20, 3, 4)


def answered(
    problem_id: str = "p/0",
    outcome: Outcome = Outcome.PASSED,
    *,
    sample: int = 0,
    turn: int = 0,
    text: str = "def f(): ...",
    cached: bool = False,
    latency_s: float = 1.0,
    cost_usd: float | None = 0.25,
    usage: Usage = USAGE,
    received_at: str = "2026-11-24T10:00:00.123+00:00",
    retries: dict[str, int] | None = None,
    reasoning: str = "let me think",
) -> Attempt:
    repair: tuple[Message, ...] = (
        {"role": "assistant", "content": "wrong"},
        {"role": "user", "content": "It fails."},
    )
    return Attempt(
        problem_id=problem_id,
        sample=sample,
        turn=turn,
        provider="openai",
        model="gpt-4o",
        messages=OPENING + repair * turn,
        request_key="ab" * 32,
        run_id="this-run",
        completion=Completion(
            text=text,
            model="gpt-4o-2024-08-06",
            usage=usage,
            reasoning=reasoning,
            latency_s=latency_s,
            received_at=received_at,
            run_id="paying-run",
            raw={"choices": []},
            cached=cached,
        ),
        code=text,
        verdict=Verdict(outcome, 7, 7),
        retries=retries or {},
        cost_usd=cost_usd,
    )


def unanswered(
    problem_id: str, cause: str, *, turn: int = 0, retries: dict[str, int] | None = None
) -> Attempt:
    return Attempt(
        problem_id=problem_id,
        sample=0,
        turn=turn,
        provider="openai",
        model="gpt-4o",
        messages=OPENING,
        request_key="cd" * 32,
        run_id="this-run",
        failure=RequestFailure(cause, "no answer"),
        retries=retries or {},
    )


_counts = st.integers(0, 2**53)
_seconds = st.floats(0, allow_nan=False, allow_infinity=False)
_messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text()},
    optional={"reasoning": st.text()},
)
_completions = st.builds(
    Completion,
    text=st.text(),
    model=st.text(),
    finish_reason=st.sampled_from(FinishReason),
    usage=st.builds(Usage, _counts, _counts, _counts, _counts),
    reasoning=st.text(),
    response_id=st.text(),
    latency_s=_seconds,
    received_at=st.text(),
    run_id=st.text(),
    cached=st.booleans(),
)
_verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    tests_passed=_counts,
    tests_total=_counts,
    failure=st.none() | st.builds(Failure, st.text(), st.text(), st.text(), st.text()),
    seconds=_seconds,
    judged_by=st.text(),
    reason=st.text(),
)
_failures = st.builds(RequestFailure, st.text(), st.text())
_reviews = st.builds(
    Review,
    request_key=st.text(),
    completion=st.none() | _completions,
    failure=st.none() | _failures,
    retries=st.dictionaries(st.text(), _counts),
    cost_usd=st.none() | _seconds,
)
any_attempt = st.builds(
    Attempt,
    problem_id=st.text(),
    sample=_counts,
    turn=_counts,
    provider=st.text(),
    model=st.text(),
    messages=st.lists(_messages).map(tuple),
    request_key=st.text(),
    run_id=st.text(),
    completion=st.none() | _completions,
    code=st.none() | st.text(),
    verdict=st.none() | _verdicts,
    failure=st.none() | _failures,
    review=st.none() | _reviews,
    retries=st.dictionaries(st.text(), _counts),
    cost_usd=st.none() | _seconds,
)
