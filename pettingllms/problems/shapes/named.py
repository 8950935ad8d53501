"""Sets that differ from others only in what they call things: a row for each.

A row says which fields a record has, and where each part of a problem is: a name, or a path such as
`metadata.func_name`; of several the first that is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pettingllms.problems.shapes.mapped import MappedRecord, mapped_problem
from pettingllms.problems.shapes.shape import Shape, fields

_USUAL = {
    "id": "id question_id problem_id uid",
    "metadata": "metadata",
    "starter_code": "starter_code",
    "entry_point": "metadata.func_name entry_point func_name fn_name",
    "time_limit": "time_limit time-limit",
    "memory_limit": "memory_limit memory-limit",
    "checker": "checker",
}
"""What most of them call alike."""
_PROMPTS = ("messages", "prompt", "question", "problem")


def _row(name: str, needs: str, **paths: str) -> Shape[MappedRecord]:
    named = {part: tuple(words.split()) for part, words in (_USUAL | paths).items()}
    return Shape(name, fields(needs), MappedRecord, mapped_problem, named)


def _of_ground_truth() -> Iterator[Shape[Any]]:
    """Sets for reinforcement learning: open-instruct's, and what rllm trains on."""
    for prompt in _PROMPTS:
        yield _row("rlvr", f"{prompt} ground_truth", prompt=prompt, tests="ground_truth")


NAMED = (
    _row(
        "kodcode", "question test", prompt="question", tests="test", reference="solution",
        id="question_id conversation_id id",
    ),
    _row("acecode", "question test_cases", prompt="question", tests="test_cases", id="id"),
    _row("acecode", "question tests", prompt="question", tests="tests", id="id qid"),
    _row(
        "opencodeinstruct", "input unit_tests", prompt="input", tests="unit_tests",
        reference="output",
    ),
    _row("instruct", "instruction tests", prompt="instruction", tests="tests"),
    _row(
        "rllm", "problem tests", prompt="problem", tests="tests", reference="solutions solution"
    ),
    _row(
        "rstar-coder", "question inputs outputs", prompt="question", inputs="inputs",
        outputs="outputs",
    ),
    _row(
        "code_contests_plus", "description test_cases", prompt="description", tests="test_cases",
        id="id name",
    ),
    _row(
        "code_contests_o", "description corner_cases", prompt="description", tests="corner_cases",
        id="id name",
    ),
    _row("codeforces_submissions", "prompt test_cases", prompt="prompt", tests="test_cases"),
    _row(
        "nemotron_gym", "responses_create_params verifier_metadata",
        prompt="responses_create_params.input", tests="verifier_metadata.unit_tests",
        id="id hash_id",
    ),
    _row(
        "verifiers", "prompt info", prompt="prompt", tests="info.tests",
        entry_point="info.fn_name",
    ),
    _row(
        "verifiers", "question info", prompt="question", tests="info.tests",
        entry_point="info.fn_name",
    ),
    *_of_ground_truth(),
)  # fmt: skip
