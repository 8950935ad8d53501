"""Repair turns through the flow: what is sent, what is paid for again, what is exported."""

from pathlib import Path

import pytest

from pettingllms.simulator import ChatBody, FunctionAnswers, Reply, Simulator, SimulatorThread

from .conftest import Collector, add_problem, right_answer, rows_of

WRONG = "```python\ndef add(x):\n    return 'no'\n```"


def right_at_turn(turn: int, wrong: str = WRONG, reasoning: str = "") -> FunctionAnswers:
    def answer(body: ChatBody) -> Reply:
        text = wrong if body.assistant_messages < turn else right_answer(body)
        return Reply(text, reasoning=reasoning)

    return FunctionAnswers(answer)


async def test_a_resume_goes_on_at_the_turn_that_is_missing(tmp_path: Path, prefect: str) -> None:
    """Each turn's key is its whole transcript: two turns paid, the third is all that is sent."""
    with SimulatorThread(Simulator(right_at_turn(2), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        assert (await collector.collect([4], max_turns=2)).stats.requests_sent == 2
        report = await collector.collect([4], max_turns=3)
        assert (report.stats.requests_sent, report.stats.answered_from_cache) == (1, 2)
        assert report.stats.accepted_by_turn == {2: 1}
        assert (await collector.collect([4], max_turns=3)).stats.requests_sent == 0


async def test_feedback_is_short_however_long_what_failed(tmp_path: Path, prefect: str) -> None:
    """Input, expected and got of a megabyte each; an error with a long text."""
    long = add_problem(1) | {"tests": [{"args": ["z" * 10**6], "expected": "y" * 10**6}]}
    returns = "```python\ndef add(x):\n    return 'no' * 10**6\n```"
    raises = "```python\ndef add(x):\n    raise ValueError('no' * 10**6)\n```"
    for name, wrong in (("returns", returns), ("raises", raises)):
        with SimulatorThread(Simulator(right_at_turn(9, wrong), models=("m",))) as simulator:
            (tmp_path / name).mkdir()
            collector = Collector(tmp_path / name, simulator.base_url)
            await collector.collect_from([long], max_turns=2)
            feedback = simulator.requests[-1].body["messages"][-1]["content"]
            assert len(feedback) < 2500
            assert "Test:\nadd('zzz" in feedback


@pytest.mark.parametrize(("model", "carried"), [("deepseek-v4-pro", "hm"), ("m", None)])
async def test_reasoning_goes_back_to_who_wants_it(
    tmp_path: Path, prefect: str, model: str, carried: str | None
) -> None:
    """DeepSeek's thinking models read on; for others the answer alone is sent."""
    source = right_at_turn(1, reasoning="hm")
    with SimulatorThread(Simulator(source, models=(model,))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        base_url = simulator.deepseek_base_url
        report = await collector.collect([4], model=model, api_type="deepseek", base_url=base_url)
        assert report.stats.accepted_by_turn == {1: 1}
        said = simulator.requests[-1].body["messages"][-2]
        assert (said["role"], said.get("reasoning_content")) == ("assistant", carried)


async def test_rows_hold_the_answer_alone_or_the_whole_dialogue(
    tmp_path: Path, prefect: str
) -> None:
    """The same attempts, for nothing, in another shape."""
    with SimulatorThread(Simulator(right_at_turn(1), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        (alone,) = rows_of(await collector.collect([4]))
        again = await collector.collect([4], dialogue=True)
        (whole,) = rows_of(again)
        assert again.stats.requests_sent == 0
        assert [m["role"] for m in alone["messages"]] == ["system", "user", "assistant"]
        assert whole["messages"][2]["content"] == WRONG
        assert whole["messages"][-1] == alone["messages"][-1]


@pytest.mark.parametrize(
    ("feedback", "told", "is_shown"),
    [(None, "public", True), ("outcome", "outcome", False), ("full", "public", True)],
)
async def test_a_repair_turn_is_told_what_may_be_told(
    tmp_path: Path, prefect: str, feedback: str | None, told: str, is_shown: bool
) -> None:
    """Public cases where a problem has such, and the row says so; the hidden ones never, but for
    `full`."""
    problem = add_problem(4)
    hidden, public = problem["tests"]
    problem["tests"] = [hidden, {**public, "public": True}]
    with SimulatorThread(Simulator(right_at_turn(1), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        report = await collector.collect_from([problem], feedback=feedback)
        said = simulator.requests[-1].body["messages"][-1]["content"]
        assert ("add(-5)" in said, "add(1)" in said) == (is_shown, False)
        (row,) = rows_of(report)
        assert row["metadata"]["feedback"] == told
        assert row["metadata"]["cases_shown"] == ("0" if is_shown else "")


async def test_a_hidden_case_is_shown_where_all_may_be(tmp_path: Path, prefect: str) -> None:
    """What passes the public cases and fails a hidden one: the outcome, or with `full` the case."""
    problem = add_problem(4)
    problem["tests"][0]["public"] = True
    only_small = "```python\ndef add(x):\n    return x + 4 if x > 0 else None\n```"
    for feedback, is_shown in ((None, False), ("public", False), ("full", True)):
        with SimulatorThread(Simulator(right_at_turn(1, only_small), models=("m",))) as simulator:
            folder = tmp_path / str(feedback)
            folder.mkdir()
            collector = Collector(folder, simulator.base_url)
            report = await collector.collect_from([problem], feedback=feedback)
            said = simulator.requests[-1].body["messages"][-1]["content"]
            assert ("add(-5)" in said) == is_shown
            (row,) = rows_of(report)
            assert row["metadata"]["feedback"] == ("full" if is_shown else "outcome")
