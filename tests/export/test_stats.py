"""The stats: every sample counted once, every request paid for once, and always the same."""

import math
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.export import CountMismatchError, RunInfo, compute_stats, stats_json
from pettingllms.export.stats import Latency
from pettingllms.records import Attempt, Outcome, Usage

from .attempt_samples import answered, unanswered

RUN = RunInfo(
    run_id="this-run",
    started_at="2026-11-24T10:00:00+00:00",
    finished_at="2026-11-24T10:03:12+00:00",
    wall_s=192.0,
    settings={"api_type": "openai", "max_turns": 3, "stop": ["a", "b"]},
    versions={"genai-prices": "0.2.3"},
)

ATTEMPTS = [
    answered("p/0", retries={"rate_limit": 2}),
    answered("p/0", sample=1, cached=True),
    answered("p/1", Outcome.WRONG_ANSWER, cost_usd=None),
    answered("p/1", turn=1, retries={"timeout": 1, "rate_limit": 1}),
    answered("p/2", Outcome.WRONG_ANSWER, cached=True),
    answered("p/2", Outcome.TIMEOUT, turn=1),
    answered("p/3", Outcome.WRONG_ANSWER),
    unanswered("p/3", "server_error", turn=1, retries={"server_error": 5}),
    unanswered("p/4", "context_length"),
    unanswered("p/5", "stopped"),
    answered("p/6", Outcome.UNTESTED),
]


def test_samples_are_counted_by_their_last_turn() -> None:
    """Accepted, rejected and failed, each by its reason."""
    stats = compute_stats(ATTEMPTS, RUN)
    assert (stats.problems, stats.samples, stats.accepted) == (7, 8, 4)
    assert stats.accepted_by_turn == {0: 3, 1: 1}
    assert stats.accepted_by_verdict == {"passed": 3, "untested": 1}
    assert stats.rejected == {"timeout": 1}
    assert stats.failed == {"server_error": 1, "context_length": 1, "stopped": 1}


def test_requests_are_told_from_answers_for_nothing() -> None:
    """Sent once each, retries apart; what the cache gave or a stop held back was not sent."""
    stats = compute_stats(ATTEMPTS, RUN)
    assert (stats.requests_sent, stats.answered_from_cache) == (8, 2)
    assert stats.retries == {"rate_limit": 3, "timeout": 1, "server_error": 5}


def test_tokens_and_cost_are_of_what_was_paid() -> None:
    """Cached answers add to all tokens only; a request without a price is counted."""
    stats = compute_stats(ATTEMPTS, RUN)
    assert stats.tokens_paid == Usage(60, 120, 18, 24)
    assert stats.tokens_all == Usage(80, 160, 24, 32)
    assert (stats.cost.usd, stats.cost.unpriced_requests) == (1.25, 1)
    assert "2026-01-01" < stats.cost.price_table_date <= "2026-11-24"


def test_a_second_run_from_the_cache_sends_and_costs_nothing() -> None:
    """The same samples, all cached: the same outcomes, no request, no latency."""
    cached = [answered(f"p/{n}", cached=True, latency_s=3.0) for n in range(5)]
    stats = compute_stats(cached, RUN)
    assert (stats.accepted, stats.requests_sent, stats.cost.usd) == (5, 0, 0.0)
    assert stats.answered_from_cache == 5
    assert stats.latency is None


def test_no_attempts_give_empty_stats() -> None:
    """A run that was stopped before its first row still has its page."""
    stats = compute_stats([], RUN)
    assert (stats.problems, stats.samples, stats.requests_sent) == (0, 0, 0)


@pytest.mark.parametrize(
    ("latencies", "expected"),
    [
        ([2.0], Latency(2.0, 2.0, 2.0, 2.0)),
        ([float(n) for n in range(100, 0, -1)], Latency(50.0, 90.0, 99.0, 100.0)),
        ([1.0, 2.0, 3.0], Latency(2.0, 3.0, 3.0, 3.0)),
    ],
)
def test_percentiles_are_latencies_that_were_measured(
    latencies: list[float], expected: Latency
) -> None:
    """Nearest rank: of 100 values, p90 is the 90th."""
    attempts = [answered(f"p/{n}", latency_s=seconds) for n, seconds in enumerate(latencies)]
    assert compute_stats(attempts, RUN).latency == expected


_endings = st.one_of(
    st.builds(lambda outcome: answered("", outcome), st.sampled_from(Outcome)),
    st.builds(lambda cause: unanswered("", cause), st.sampled_from(["timeout", "stopped"])),
)


@given(st.lists(st.lists(_endings, min_size=1, max_size=3), max_size=20))
def test_counts_add_up_whatever_happened(rollouts: list[list[Attempt]]) -> None:
    """Samples are accepted, rejected or failed: nothing is lost, nothing counted twice."""
    attempts = [
        replace(attempt, problem_id=f"p/{number}", turn=turn)
        for number, turns in enumerate(rollouts)
        for turn, attempt in enumerate(turns)
    ]
    stats = compute_stats(attempts, RUN)
    reasons = (stats.accepted, *stats.rejected.values(), *stats.failed.values())
    assert sum(reasons) == stats.samples == len(rollouts)


def test_a_sample_that_is_counted_nowhere_is_a_bug_that_shows() -> None:
    """An attempt with neither verdict nor failure does not just vanish."""
    lost = replace(answered(), verdict=None)
    with pytest.raises(CountMismatchError, match="1 samples, but 0 accepted"):
        compute_stats([lost], RUN)


def test_stats_that_do_not_add_up_cannot_be_made() -> None:
    """Neither with a sample too many, nor with turns that disagree."""
    stats = compute_stats(ATTEMPTS, RUN)
    with pytest.raises(CountMismatchError):
        replace(stats, samples=9)
    with pytest.raises(CountMismatchError):
        replace(stats, accepted_by_turn={0: 1})


def test_a_run_that_was_not_stopped_reached_every_sample() -> None:
    """Only a stop explains samples that are missing, and then they are counted."""
    planned = replace(RUN, samples_planned=10)
    with pytest.raises(CountMismatchError, match="10 samples were planned, 8 are there"):
        compute_stats(ATTEMPTS, planned)
    assert compute_stats(ATTEMPTS, replace(planned, stopped_by="a 401")).not_reached == 2


def test_the_json_holds_everything_and_is_stable() -> None:
    """Equal stats, equal bytes; the order in which reasons came up does not show."""
    written = stats_json(compute_stats(ATTEMPTS, RUN))
    backwards = sorted(ATTEMPTS, key=lambda attempt: attempt.problem_id, reverse=True)
    assert stats_json(compute_stats(ATTEMPTS, RUN)) == written
    assert stats_json(compute_stats(backwards, RUN)) == written
    page = orjson.loads(written)
    assert page["run"]["settings"] == RUN.settings
    assert page["run"]["versions"] == RUN.versions
    assert page["accepted_by_turn"] == {"0": 3, "1": 1}
    assert page["cost"]["usd"] == 1.25
    assert math.isclose(page["latency"]["p50_s"], 1.0)
    assert written.count(b"\n") > 40
