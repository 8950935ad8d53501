"""Validators through the flow: each reason is counted, a user's own too."""

from pathlib import Path

import pytest

from pettingllms.errors import SettingError
from pettingllms.records import Completion, Problem
from pettingllms.run.collection import Report
from pettingllms.simulator import (
    ChatBody,
    ErrorReply,
    Faults,
    FunctionAnswers,
    Simulator,
    SimulatorThread,
)

from .conftest import Collector, add_problem, right_answer, rows_of

ODD = {
    0: "I'm sorry, but I can't help with that.",
    1: "```rust\nfn add() {}\n```",
    2: "```python\ndef add(x) return\n```",
    3: "Just add three.",
    4: f"{'Because. ' * 100}\n```python\ndef add(x):\n    return x + 4\n```",
    5: "```python\ndef add(x):\n    print(x)\n    return x + 5\n```",
}


def answer(body: ChatBody) -> str:
    number = int(body.first_user_content.split()[-1].rstrip("."))
    return ODD.get(number) or right_answer(body)


def no_prints(problem: Problem, answer: Completion, code: str | None) -> str | None:
    return "prints" if code and "print(" in code else None


def fails(problem: Problem, answer: Completion, code: str | None) -> str | None:
    raise KeyError(problem.id)


@pytest.fixture
def odd(tmp_path: Path, prefect: str):
    with SimulatorThread(Simulator(FunctionAnswers(answer), models=("m",))) as simulator:
        yield Collector(tmp_path, simulator.base_url)


async def test_every_reason_is_counted_under_its_name(odd: Collector) -> None:
    """Six odd answers, six reasons, and the counts add up."""
    own = f"{__name__}:no_prints"
    report = await odd.collect(range(8), max_turns=1, max_chars=500, validator=own)
    assert report.stats.rejected == {
        "refused": 1,
        "wrong_language": 1,
        "syntax_error": 1,
        "no_code": 1,
        "too_long": 1,
        "prints": 1,
    }
    assert [row["metadata"]["problem_id"] for row in rows_of(report)] == ["add-6", "add-7"]


async def test_a_users_function_that_fails_stops_the_run_with_its_name(odd: Collector) -> None:
    """The answers are kept: corrected, the next run pays nothing."""
    report = await odd.outcome(range(5, 8), validator=f"{__name__}:fails")
    assert isinstance(report, Report)
    error = report.stopped_by
    assert isinstance(error, SettingError)
    assert f"{__name__}:fails raised KeyError: 'add-" in error.message
    report = await odd.collect(range(5, 8))
    assert (report.stats.accepted, report.stats.requests_sent) == (3, 0)


def fails_at_last(problem: Problem, answer: Completion, code: str | None) -> str | None:
    return fails(problem, answer, code) if problem.id == "add-11" else None


async def test_what_was_judged_before_a_fatal_error_is_written(odd: Collector) -> None:
    """With its bill, and the rows of what had passed. Four shards are under way at most, so two of
    six are written before the last one begins."""
    report = await odd.outcome(range(6, 12), validator=f"{__name__}:fails_at_last", shard_size=1)
    assert isinstance(report, Report)
    assert report.stopped_by is not None
    assert report.stats.run.stopped_by == report.stopped_by.message
    written = [row["metadata"]["problem_id"] for row in rows_of(report)]
    assert written[:2] == ["add-6", "add-7"]
    assert (report.stats.accepted, report.stats.requests_sent) == (len(written), 6)


async def test_a_function_that_is_not_there_stops_before_anything_is_sent(odd: Collector) -> None:
    """As any setting that is wrong."""
    error = await odd.outcome(range(2), validator="no_such.module:f")
    assert isinstance(error, SettingError)
    assert "no_such.module:f" in error.message
    assert (await odd.collect([7])).stats.requests_sent == 1


def graded(body: ChatBody) -> str:
    """An answer to a problem, or a grade for the answer in the question."""
    asked = body.first_user_content
    if "<<<RUBRIC" not in asked:
        return f"About {asked.split()[-1]}"
    if "About none" in asked:
        return "I would rather not say."
    return f"It is so.\n\nScore: {9 if 'About good' in asked else 4}/10"


async def test_answers_without_tests_are_graded_by_a_rubric(tmp_path: Path, prefect: str) -> None:
    """Each grade is a request that is paid once and counted; what it says decides."""
    rubric = tmp_path / "rubric.txt"
    rubric.write_text("It is about something good.")
    problems = [{"id": word, "prompt": f"Write about {word}"} for word in ("good", "bad", "none")]
    with SimulatorThread(Simulator(FunctionAnswers(graded), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        tested = [*problems, add_problem(1)]
        report = await collector.collect_from(tested, rubric=str(rubric), max_turns=1)
        assert report.stats.accepted_by_verdict == {"rated": 1}
        assert report.stats.rejected == {"low_score": 1, "unrated": 1, "no_code": 1}
        assert report.stats.requests_sent == simulator.counts[200] == 7
        assert rows_of(report)[0]["metadata"]["verdict"] == "rated"
        again = await collector.collect_from(
            tested, rubric=str(rubric), max_turns=1, rubric_threshold=3
        )
        assert again.stats.accepted_by_verdict == {"rated": 2}
        assert again.stats.requests_sent == 0


async def test_a_grade_that_does_not_come_is_no_grade(tmp_path: Path, prefect: str) -> None:
    """The answer is not kept, and its grade is asked for again the next time."""
    rubric = tmp_path / "rubric.txt"
    rubric.write_text("It is about something good.")
    problems = [{"id": "good", "prompt": "Write about good"}]
    script = [None, ErrorReply(400, "too long", code="context_length_exceeded"), None]
    source, faults = FunctionAnswers(graded), Faults(script=script)
    with SimulatorThread(Simulator(source, models=("m",), faults=faults)) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        first = await collector.collect_from(problems, rubric=str(rubric))
        assert first.stats.rejected == {"unrated": 1}
        second = await collector.collect_from(problems, rubric=str(rubric))
        assert (second.stats.accepted, second.stats.requests_sent) == (1, 1)


async def test_a_rubric_that_is_not_there_stops_before_anything_is_sent(odd: Collector) -> None:
    """With its name."""
    error = await odd.outcome(range(2), rubric="no-such.txt")
    assert isinstance(error, SettingError)
    assert "no-such.txt cannot be read" in error.message
