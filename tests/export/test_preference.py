"""Preference pairs: only what was judged, the better one by verdict, bounded, and equally long."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.export import NO_DROPS, Drop, RowOptions
from pettingllms.export.filters import DropReason
from pettingllms.export.formats import FORMATS
from pettingllms.export.preference import PairRules, PreferenceRow, preference_rows, unpaired
from pettingllms.records import Attempt, Failure, Outcome, Verdict

from .attempt_samples import OPENING, answered

RULES = PairRules()


def pairs(
    attempts: Sequence[Attempt],
    rules: PairRules = RULES,
    options: RowOptions = RowOptions(),  # noqa: B008
) -> list[PreferenceRow]:
    return list(preference_rows(attempts, NO_DROPS, options, rules))


def wrong(sample: int, text: str, passed: int = 0, *, problem: str = "p/0") -> Attempt:
    failure = Failure("f(1)", "2", "3")
    verdict = Verdict(Outcome.WRONG_ANSWER, passed, 7, failure)
    return replace(answered(problem, sample=sample, text=text), verdict=verdict)


def test_a_pair_is_what_trl_loads() -> None:
    """The prompt as it was asked first, two answers, and why one is the better."""
    (row,) = pairs([answered(text="right"), wrong(1, "not right", 3)])
    line = orjson.loads(b"".join(FORMATS["preference"].encode([row])))
    assert list(line) == ["prompt", "chosen", "rejected", "metadata"]
    assert line["prompt"] == list(OPENING)
    assert line["chosen"] == [{"role": "assistant", "content": "right"}]
    assert line["rejected"] == [{"role": "assistant", "content": "not right"}]
    assert line["metadata"]["reason"] == (
        "passed, over wrong answer after 3 of 7 tests: f(1), expected 2, got 3"
    )
    assert (line["metadata"]["rejected_sample"], line["metadata"]["sample"]) == (1, 0)
    assert line["metadata"]["pass_at_1"] == 0.5


_TRACEBACK = (
    'Traceback (most recent call last):\n  File "<answer>", line 2, in f\n    return {}[x]\n'
    "           ~~^^^\nKeyError: 1\nin the cache"
)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict(Outcome.NO_CODE), "passed, over no code"),
        (
            Verdict(Outcome.SYNTAX_ERROR, failure=Failure(error="SyntaxError: '(' (line 2)")),
            "passed, over syntax error: SyntaxError: '(' (line 2)",
        ),
        (
            Verdict(Outcome.WRONG_ANSWER, 1, 2, Failure("3\n4\n", "7\n", "8\n9\n")),
            "passed, over wrong answer after 1 of 2 tests: 3 4, expected 7, got 8 9",
        ),
        (
            Verdict(Outcome.ERROR, 0, 7, Failure("f(1)", error=_TRACEBACK)),
            "passed, over error after 0 of 7 tests: f(1), KeyError: 1 in the cache",
        ),
        (
            Verdict(
                Outcome.COMPILE_ERROR, 0, 2, Failure(error="a.cpp:1:\n  error: expected ';'\n")
            ),
            "passed, over compile error after 0 of 2 tests: a.cpp:1: error: expected ';'",
        ),
    ],
)
def test_why_one_is_better_is_one_line(verdict: Verdict, reason: str) -> None:
    """Without tests that were not run, and without the frames of a traceback."""
    other = replace(answered(sample=1, text="another"), verdict=verdict)
    (row,) = pairs([answered(), other])
    assert row.metadata.reason == reason


@pytest.mark.parametrize("outcome", [each for each in Outcome if not each.is_kept])
def test_only_what_was_found_wrong_is_rejected(outcome: Outcome) -> None:
    """Never a timeout, a lack of memory, a broken sandbox or an answer that was cut off."""
    found_wrong = {
        "wrong_answer", "error", "syntax_error", "compile_error", "wrong_language",
        "wrong_library", "no_code",
    }  # fmt: skip
    other = answered(outcome=outcome, sample=1, text="another")
    assert bool(pairs([answered(), other])) == (outcome in found_wrong)
    by_the_clock = replace(other, verdict=replace(other.verdict, by_wall_time=True))  # type: ignore[type-var]
    assert not pairs([answered(), by_the_clock])


def test_grades_are_held_against_grades_only() -> None:
    """What has no tests is chosen over what the same rubric graded low, and untested over none."""
    rated, low = answered(outcome=Outcome.RATED), answered(outcome=Outcome.LOW_SCORE, sample=1)
    low = replace(low, completion=replace(low.completion, text="low"))  # type: ignore[type-var]
    assert len(pairs([rated, low])) == 1
    assert not pairs([answered(), low])
    assert not pairs([answered(outcome=Outcome.UNTESTED), wrong(1, "x")])
    assert not pairs([rated, wrong(1, "x")])


def test_a_repaired_answer_is_chosen_over_those_that_failed_before_it() -> None:
    """Against the prompt of the first turn, for both."""
    first = wrong(0, "first try")
    (row,) = pairs([first, answered(turn=1, text="second try")])
    assert [message.content for message in row.prompt] == [said["content"] for said in OPENING]
    assert (row.metadata.turn, row.metadata.repaired, row.metadata.rejected_turn) == (1, True, 0)


def test_pairs_are_bounded_and_use_every_answer_before_one_again() -> None:
    """The nearest misses first; the same text is rejected once."""
    attempts = [answered(sample=n, text=f"right {n}") for n in range(2)]
    attempts += [wrong(n + 2, f"wrong {n}", passed=n) for n in range(3)]
    attempts += [wrong(9, "wrong 2", passed=2)]
    rows = pairs(attempts, PairRules(most=3))
    chosen = [(row.chosen[0].content, row.rejected[0].content) for row in rows]
    assert chosen == [("right 0", "wrong 2"), ("right 1", "wrong 1"), ("right 0", "wrong 1")]
    whole = pairs(attempts, PairRules(most=100))
    assert len(whole) == len({(row.chosen, row.rejected) for row in whole}) == 6
    assert Counter(row.rejected[0].content for row in whole).most_common()[0][1] == 2


def test_answers_that_say_the_same_make_one_pair() -> None:
    """Right answers to an easy problem are often alike to the letter; those in no pair are
    counted."""
    attempts = [*(answered(sample=n, text="right") for n in range(3)), wrong(3, "wrong")]
    assert len(pairs(attempts)) == 1
    assert unpaired(attempts, NO_DROPS, RowOptions(), RULES).keys() == {("p/0", 1), ("p/0", 2)}


def test_what_was_right_in_another_sample_is_not_rejected() -> None:
    """Some answers pass at one time and not at another: neither side of a pair, then the worse."""
    attempts = [answered(text="sometimes"), wrong(1, "sometimes"), answered(sample=2, text="right")]
    assert pairs(attempts) == []


@given(st.lists(st.tuples(st.integers(10, 60), st.integers(10, 60)), min_size=5, max_size=30))
def test_balanced_pairs_do_not_teach_the_length(lengths: list[tuple[int, int]]) -> None:
    """No answer is half as long again as the other, and the sum stays within one pair's."""
    attempts: list[Attempt] = []
    for number, (right, false) in enumerate(lengths):
        problem = f"p/{number:03}"
        attempts += [answered(problem, text="r" * right), wrong(1, "w" * false, problem=problem)]
    rows = pairs(attempts, PairRules(balanced=True))
    ratios = [math.log((len(row.chosen[0].content) + 1) / (len(row.rejected[0].content) + 1))
              for row in rows]  # fmt: skip
    assert all(abs(ratio) <= math.log(1.5) for ratio in ratios)
    fitting = [
        pair for pair in lengths if abs(math.log((pair[0] + 1) / (pair[1] + 1))) <= math.log(1.5)
    ]
    assert len(rows) == len(fitting)


def test_of_several_pairs_the_one_that_balances_is_taken() -> None:
    """After a problem whose right answer is the longer one, one whose right answer is shorter."""
    attempts = [answered("p/0", text="r" * 39), wrong(1, "w" * 29, problem="p/0")]
    attempts += [answered("p/1", text="r" * 29)]
    attempts += [wrong(n, "w" * size, 7 - n, problem="p/1") for n, size in ((1, 24), (2, 39))]
    rows = pairs(attempts, PairRules(most=1, balanced=True))
    assert [len(row.rejected[0].content) for row in rows] == [29, 39]


def test_accepted_answers_in_no_pair_are_counted() -> None:
    """And what a gate dropped is neither chosen nor counted twice."""
    attempts = [answered("p/0"), answered("p/1", sample=0, text="a"), wrong(1, "b", problem="p/1")]
    attempts += [answered("p/1", sample=2, text="c")]
    drops = {("p/1", 2): Drop("p/1", 2, DropReason.SURPLUS)}
    left = unpaired(attempts, drops, RowOptions(), RULES)
    assert {key: drop.reason for key, drop in left.items()} == {("p/0", 0): "unpaired"}
    assert len(list(preference_rows(attempts, drops, RowOptions(), RULES))) == 1


def test_thinking_and_markup_are_in_neither_answer() -> None:
    """As in every other row; an answer with tokens of a chat template in it is not rejected."""
    right = answered(text="<think>hm</think>right")
    (row,) = pairs([right, wrong(1, "<think>no</think>wrong")])
    assert (row.chosen[0].content, row.rejected[0].content) == ("right", "wrong")
    assert not pairs([right, wrong(1, "x <|im_start|> y")])
    (thinking,) = pairs([right, wrong(1, "wrong")], options=RowOptions(reasoning=True))
    assert "<think>" in thinking.rejected[0].content
