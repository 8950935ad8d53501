"""pass@k: the unbiased estimator, over the answers that tests have decided."""

from dataclasses import replace
from itertools import combinations, product
from math import comb

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.export import RowOptions, compute_stats, sft_rows, stats_json
from pettingllms.export.pass_at_k import FirstAnswers, mean_pass_at_k, powers_up_to
from pettingllms.records import Attempt, Outcome, Quota

from .attempt_samples import answered, unanswered
from .test_stats import RUN


def samples(*outcomes: Outcome, problem: str = "p/0") -> list[Attempt]:
    return [answered(problem, outcome, sample=n) for n, outcome in enumerate(outcomes)]


RIGHT, WRONG = Outcome.PASSED, Outcome.WRONG_ANSWER


@given(st.integers(1, 8), st.data())
def test_the_estimator_is_the_share_of_all_choices_of_k(n: int, data: st.DataObject) -> None:
    """Of all ways to take k of the answers, those with one that passed: counted out."""
    passed = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    answers = [True] * passed + [False] * (n - passed)
    counted = sum(map(any, combinations(answers, k))) / comb(n, k)
    assert FirstAnswers(n, passed).pass_at(k) == pytest.approx(counted)


def test_its_mean_over_many_runs_is_the_truth() -> None:
    """Unbiased: of a model that is right with 0.3, exactly 1 - 0.7 ** 2 for two answers of four."""
    expected = sum(
        FirstAnswers(4, sum(run)).pass_at(2) * 0.3 ** sum(run) * 0.7 ** (4 - sum(run))
        for run in product((True, False), repeat=4)
    )
    assert expected == pytest.approx(1 - 0.7**2)


def test_a_row_says_how_its_problem_fared() -> None:
    """All of its samples count, exported or not; another problem's do not."""
    attempts = [*samples(WRONG, RIGHT, WRONG, RIGHT), *samples(RIGHT, problem="p/1")]
    first, second, other = (row.metadata for row in sft_rows(attempts))
    assert (first.answers_judged, first.answers_passed, first.pass_at_1) == (4, 2, 0.5)
    assert orjson.loads(first.pass_at_k) == {"1": 0.5, "2": 0.833333, "4": 1.0}
    assert second.pass_at_k == first.pass_at_k
    assert (other.answers_judged, other.pass_at_1) == (1, 1.0)


def test_a_repaired_answer_is_none_at_the_first_try() -> None:
    """It is accepted, and says so, and pass@1 is what the model does alone."""
    turns = [answered("p/0", WRONG), answered("p/0", turn=1)]
    (row,) = sft_rows(turns)
    assert (row.metadata.repaired, row.metadata.pass_at_1) == (True, 0.0)
    assert compute_stats(turns, RUN).pass_at_k == {1: 0.0}


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome.is_undecided])
def test_what_nobody_judged_counts_neither_way(outcome: Outcome) -> None:
    """A broken sandbox is no wrong answer, and an untested answer no right one."""
    stats = compute_stats([*samples(RIGHT, outcome), unanswered("p/1", "timeout")], RUN)
    assert stats.first_answers == {"1/1": 1}


def test_a_problem_without_tests_has_no_pass_rate() -> None:
    """Also where its answers were cut off or refused, which is said before any test."""
    cut = replace(answered(outcome=Outcome.TRUNCATED), is_tested=False)
    stats = compute_stats([cut], RUN)
    assert (stats.pass_at_k, stats.parts["source"]["p"].judged) == ({}, 0)
    (row,) = sft_rows([replace(answered(outcome=Outcome.UNTESTED), is_tested=False)])
    assert (row.metadata.answers_judged, row.metadata.pass_at_k) == (0, "{}")


def test_samples_that_were_asked_for_want_of_right_ones_do_not_count() -> None:
    """With --accept 1 a hard problem has more samples than an easy one: only the first are fair."""
    attempts = [*samples(WRONG, WRONG, RIGHT), *samples(RIGHT, problem="p/1")]
    stats = compute_stats(attempts, replace(RUN, quota=Quota(4, accept=1)))
    assert stats.first_answers == {"1/0": 1, "1/1": 1}
    assert stats.pass_at_k == {1: 0.5}
    rows = list(sft_rows(attempts, options=RowOptions(wave=1)))
    assert [row.metadata.pass_at_1 for row in rows] == [0.0, 1.0]


def test_a_run_means_over_the_problems_that_have_k_answers() -> None:
    """One with fewer, since a request failed, has no say in more."""
    assert mean_pass_at_k({"4/1": 1, "2/2": 1}) == {1: 0.625, 2: 0.75, 4: 1.0}
    assert mean_pass_at_k({}) == {}
    assert [*map(powers_up_to, (0, 1, 6, 8))] == [[], [1], [1, 2, 4, 6], [1, 2, 4, 8]]


def test_the_stats_have_counts_by_turn_language_difficulty_and_source() -> None:
    """By whatever name a set has them, in nested fields too."""
    known = [
        {"source": "leetcode", "difficulty": "Hard"},
        {"source": "verifiable", "metadata": {"difficulty": "Hard"}},
        {"source": "codeforces", "rating": 1500},
        {"source": "native", "tags": ["x"]},
        {},
    ]
    attempts = [
        replace(answered(f"set/{n}", RIGHT if n else WRONG), metadata=each, language="cpp")
        for n, each in enumerate(known)
    ]
    stats = compute_stats(attempts, RUN)
    page = orjson.loads(stats_json(stats))["parts"]
    counts = {facet: {name: part["samples"] for name, part in named.items()}
              for facet, named in page.items()}  # fmt: skip
    assert counts == {
        "turn": {"0": 5},
        "language": {"cpp": 5},
        "difficulty": {"Hard": 2, "1500": 1, "": 2},
        "source": {"leetcode": 1, "verifiable": 1, "codeforces": 1, "set": 2},
    }
    hard = page["difficulty"]["Hard"]
    assert (hard["accepted"], hard["judged"], hard["passed"], hard["usd"]) == (1, 2, 1, 0.5)
    assert {name: part["pass_at_1"] for name, part in page["difficulty"].items()} == {
        "Hard": 0.5, "1500": 1.0, "": 1.0,
    }  # fmt: skip


def test_pass_at_1_is_the_same_of_the_run_and_of_its_only_part() -> None:
    """A mean over problems, however many of their answers could be judged: of a model, a language,
    a difficulty, a source and the first turn; nothing where nothing was tested."""
    attempts = [answered("set/0", RIGHT, sample=n) for n in range(3)]
    attempts += [answered("set/1", WRONG), answered("set/1", Outcome.SANDBOX_FAILURE, sample=1)]
    stats = compute_stats(attempts, RUN)
    assert stats.pass_at_k[1] == 0.5
    told = [*stats.models.values(), *(counts for named in stats.parts.values()
            for counts in named.values())]  # fmt: skip
    assert [counts.pass_at_1 for counts in told] == [0.5] * 5
    untested = compute_stats([answered("set/2", Outcome.UNTESTED)], RUN)
    assert [counts.pass_at_1 for counts in untested.models.values()] == [None]


def test_sources_beyond_number_come_together() -> None:
    """A set that gives each problem a source of its own."""
    attempts = [answered(f"s{n}/1") for n in range(250)]
    by_source = compute_stats(attempts, RUN).parts["source"]
    assert (len(by_source), by_source["(others)"].samples) == (201, 50)
