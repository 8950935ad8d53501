"""The files in data/ by themselves: complete, and consistent with one another."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from pettingllms.errors import SandboxMissingError
from pettingllms.judge import Judge, find_sandbox
from pettingllms.problems import read_problems
from pettingllms.records import Outcome

DATA = Path(__file__).parents[2] / "data"


def read_rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def problems() -> list[dict[str, Any]]:
    return read_rows("problems.jsonl")


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    return read_rows("recorded_answers.jsonl")


def test_there_are_enough_problems_of_both_kinds(problems: list[dict[str, Any]]) -> None:
    """At least 25 problems, and functions, programs and all three difficulties among them."""
    kinds = Counter("function" if "entry_point" in problem else "program" for problem in problems)
    assert len(problems) >= 25
    assert min(kinds["function"], kinds["program"]) >= 10
    assert {problem["metadata"]["difficulty"] for problem in problems} == {"easy", "medium", "hard"}


def test_ids_and_prompts_are_unique(problems: list[dict[str, Any]]) -> None:
    """No two problems share an id, or a prompt, by which the replay provider knows them."""
    for field in ("id", "prompt"):
        values = [problem[field] for problem in problems]
        assert len(set(values)) == len(values), field


def test_every_problem_is_complete(problems: list[dict[str, Any]]) -> None:
    """Every record has a prompt with an example, six tests or more, and a reference."""
    for problem in problems:
        assert "xample" in problem["prompt"], problem["id"]
        assert len(problem["tests"]) >= 6, problem["id"]
        assert problem["reference"].strip(), problem["id"]


def test_functions_are_named_in_prompt_and_reference(problems: list[dict[str, Any]]) -> None:
    """The prompt gives the signature of the entry point, and the reference defines it."""
    for problem in problems:
        if name := problem.get("entry_point"):
            assert f"def {name}(" in problem["prompt"], problem["id"]
            assert f"def {name}(" in problem["reference"], problem["id"]


def test_no_test_is_given_twice(problems: list[dict[str, Any]]) -> None:
    """Every test of a problem asks something new."""
    for problem in problems:
        questions = [json.dumps(question(test)) for test in problem["tests"]]
        assert len(set(questions)) == len(questions), problem["id"]


def question(test: dict[str, Any] | str) -> Any:
    return test if isinstance(test, str) else test.get("args", test.get("input"))


async def test_every_reference_passes_its_tests() -> None:
    """The judge accepts each reference: no problem asks for what cannot be answered."""
    problems = list(read_problems([str(DATA / "problems.jsonl")]))
    try:
        sandbox = find_sandbox()
    except SandboxMissingError as refusal:
        pytest.skip(refusal.message)
    async with Judge(sandbox) as judge:
        for problem in problems:
            assert problem.reference is not None
            assert problem.tests is not None
            verdict = await judge.judge(problem.reference, problem.tests)
            assert verdict.outcome is Outcome.PASSED, (problem.id, verdict.failure)


def test_answers_and_problems_belong_together(
    problems: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    """Every recorded answer names a problem, and every problem has an answer."""
    assert {answer["problem_id"] for answer in answers} == {problem["id"] for problem in problems}


def test_turns_are_contiguous_from_zero(answers: list[dict[str, Any]]) -> None:
    """The turns recorded for a problem are 0, 1, 2 ... without gap or repetition."""
    turns: defaultdict[str, list[int]] = defaultdict(list)
    for answer in answers:
        turns[answer["problem_id"]].append(answer["turn"])
    for problem_id, recorded in turns.items():
        assert recorded == list(range(len(recorded))), problem_id


def test_no_answer_is_the_reference(
    problems: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    """Recorded answers are written apart from the references, not copied from them."""
    references = {problem["id"]: problem["reference"].strip() for problem in problems}
    for answer in answers:
        assert references[answer["problem_id"]] not in answer["text"], answer["problem_id"]
