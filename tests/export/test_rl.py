"""Rows for reinforcement: a problem each, its tests in plain data, and how hard it is."""

from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest

from pettingllms.errors import OutputError
from pettingllms.export import Benchmark, Gates, RowOptions
from pettingllms.export.filters import find_drops
from pettingllms.export.formats import FORMATS
from pettingllms.export.pass_at_k import FirstAnswers, PassRate
from pettingllms.export.plain_tests import decode_tests
from pettingllms.export.rl import RLRow, rl_rows, without_tests
from pettingllms.records import Attempt, Outcome, Problem, StdioCase, StdioTests

from .attempt_samples import OPENING, answered, unanswered

TESTS = StdioTests((StdioCase("1 2\n", "3\n"),))
PROBLEMS = [Problem(f"p/{n}", OPENING, TESTS, f"print({n})") for n in range(6)]
RIGHT, WRONG = Outcome.PASSED, Outcome.WRONG_ANSWER


def samples(number: int, *outcomes: Outcome) -> list[Attempt]:
    return [answered(f"p/{number}", each, sample=n, text=f"code {n}")
            for n, each in enumerate(outcomes)]  # fmt: skip


ATTEMPTS = [
    *samples(0, RIGHT, RIGHT, WRONG, WRONG),
    *samples(2, WRONG, WRONG, WRONG, WRONG),
    *samples(3, RIGHT, RIGHT, RIGHT, RIGHT),
    unanswered("p/4", "timeout"),
]


def rows(
    attempts: Sequence[Attempt] = ATTEMPTS,
    problems: Sequence[Problem] = PROBLEMS,
    gates: Gates = Gates(),  # noqa: B008
) -> list[RLRow]:
    return list(rl_rows(attempts, problems, RowOptions(), gates))


def test_a_row_has_what_a_trainer_needs() -> None:
    """Prompt, reference, tests, pass rate, difficulty, as one JSON line with one type a column."""
    attempts = [replace(each, metadata={"difficulty": "hard"}, language="python")
                for each in ATTEMPTS]  # fmt: skip
    line, *_ = b"".join(FORMATS["rl"].encode(rows(attempts))).splitlines()
    row = orjson.loads(line)
    assert list(row) == ["prompt", "answer", "info", "metadata"]
    assert row["prompt"] == list(OPENING)
    assert row["answer"] == "print(0)"
    assert (decode_tests(row["info"]["tests"]), row["info"]["language"]) == (TESTS, "python")
    known = row["metadata"]
    assert (known["pass_rate"], known["difficulty"], known["reference"]) == (0.5, "hard", "problem")
    assert orjson.loads(known["pass_at_k"])["4"] == 1.0


def test_a_row_a_problem_that_was_judged_whatever_came_of_it() -> None:
    """Also where all answers are wrong; not where none was judged."""
    assert [(row.metadata.problem_id, row.metadata.pass_rate) for row in rows()] == [
        ("p/0", 0.5), ("p/2", 0.0), ("p/3", 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0.1..0.9", ["p/0"]),
        ("..0.5", ["p/0", "p/2"]),
        ("0.5..", ["p/0", "p/3"]),
        ("0..0", ["p/2"]),
    ],
)
def test_problems_are_taken_by_their_pass_rate(text: str, kept: list[str]) -> None:
    """In every format: both ends belong to it."""
    gates = Gates(pass_rate=PassRate.of(text))
    assert [row.metadata.problem_id for row in rows(gates=gates)] == kept
    dropped = {problem for problem, _ in find_drops(ATTEMPTS, gates)}
    assert dropped == {"p/0", "p/3"} - set(kept)
    assert {drop.reason for drop in find_drops(ATTEMPTS, gates).values()} <= {"pass_rate"}


@pytest.mark.parametrize(
    ("text", "passed", "judged", "holds"),
    [
        ("0.1..0.9", 1, 10, True),
        ("0.1..0.9", 9, 10, True),
        ("0.33333333..1", 1, 3, True),
        ("..0.6666667", 2, 3, True),
        ("0.3333334..1", 1, 3, False),
    ],
)
def test_an_end_is_held_against_the_exact_share(
    text: str, passed: int, judged: int, *, holds: bool
) -> None:
    """Not against what rows say, which is rounded."""
    assert PassRate.of(text).holds(FirstAnswers(judged, passed)) is holds


@pytest.mark.parametrize("text", ["0.5", "", "0.9..0.1", "0..2", "-1..1", "a..b", "0.1..0.5..0.9"])
def test_what_is_no_range_is_refused(text: str) -> None:
    """In words that show one."""
    with pytest.raises(ValueError, match=r"0\.1\.\.0\.9"):
        PassRate.of(text)


def test_without_a_reference_the_best_right_answer_is_one() -> None:
    """And says so; where none is right there is no reference, and reading back passes over it."""
    bare = [replace(problem, reference=None) for problem in PROBLEMS]
    found = rows(problems=bare)
    assert [(row.answer, row.metadata.reference) for row in found] == [
        ("code 0", "model"), ("", ""), ("code 0", "model"),
    ]  # fmt: skip
    lines = [orjson.loads(line) for line in FORMATS["rl"].encode(found)]
    answers = [FORMATS["rl"].answer(line) for line in lines]
    assert answers == ["```\ncode 0\n```", None, "```\ncode 0\n```"]


def test_a_problem_of_a_benchmark_is_left_out() -> None:
    """By its task or by its reference, though no answer of it is exported."""
    task = Problem("b", ({"role": "user", "content": OPENING[1]["content"]},))
    assert rows(gates=Gates(benchmark=Benchmark.of([task]))) == []
    code = Problem("b", ({"role": "user", "content": "other"},), reference="print(2)")
    found = rows(gates=Gates(benchmark=Benchmark.of([code])))
    assert [row.metadata.problem_id for row in found] == ["p/0", "p/3"]


def test_problems_without_tests_make_no_row_and_are_counted() -> None:
    """Their accepted answers are not lost from the stats."""
    untested = [replace(each, is_tested=False) for each in samples(0, Outcome.UNTESTED)]
    assert rows(untested, [replace(PROBLEMS[0], tests=None)]) == []
    (drop,) = without_tests(untested, {}).values()
    assert drop.reason == "no_tests"


def test_a_problem_that_is_gone_is_named() -> None:
    """Where the problems are no longer those of the run."""
    with pytest.raises(OutputError, match="problem 'p/2' of the attempts is not among"):
        rows(problems=PROBLEMS[:2])
