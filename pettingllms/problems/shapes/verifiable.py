"""Problems made for reinforcement learning: open-r1's verifiable-coding-problems, rllm's DeepCoder,
and what verl trains on (PRIME, Eurus)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import user, with_starter_code
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import is_object, published_tests
from pettingllms.problems.shapes.native import NativeMessage, conversation
from pettingllms.problems.shapes.published_code import first_code, other_codes
from pettingllms.problems.shapes.shape import Embedded, Record, RecordId, Text, derived_id
from pettingllms.records import Problem
from pettingllms.records.languages import LANGUAGES, find_language


class VerificationInfo(Record):
    language: str = ""
    test_cases: Any = None


class VerifiableRecord(Record):
    id: RecordId | None = Field(None, validation_alias=AliasChoices("problem_id", "id"))
    prompt: Text
    verification_info: Annotated[VerificationInfo, Embedded]
    gold_standard_solution: str | None = None
    metadata: Annotated[Any, Embedded] = None


class RllmRecord(Record):
    id: RecordId | None = Field(None, validation_alias=AliasChoices("id", "problem_id"))
    problem: Text
    tests: Any
    starter_code: str = ""
    solutions: Any = Field(None, validation_alias=AliasChoices("solutions", "solution"))
    metadata: Annotated[Any, Embedded] = None


class RewardModel(Record):
    ground_truth: Any = None


class RewardRecord(Record):
    id: RecordId | None = None
    prompt: Annotated[list[NativeMessage] | Text, Embedded]
    reward_model: Annotated[RewardModel, Embedded]


def verifiable_problem(record: VerifiableRecord) -> Problem:
    info = record.verification_info
    language = find_language(info.language)
    if language is None and info.language.strip():
        raise UnusableRecordError(
            f"is a problem in `{info.language}`; answers can be tested in {', '.join(LANGUAGES)}"
        )
    return Problem(
        id=derived_id(record.prompt) if record.id is None else record.id,
        messages=user(record.prompt),
        tests=published_tests(info.test_cases, None, "verification_info.test_cases"),
        reference=first_code(record.gold_standard_solution),
        metadata=_details(record.metadata),
        language=language and language.name,
    )


def rllm_problem(record: RllmRecord) -> Problem:
    details = _details(record.metadata)
    return Problem(
        id=derived_id(record.problem) if record.id is None else record.id,
        messages=with_starter_code(record.problem, record.starter_code),
        tests=published_tests(record.tests, details.get("func_name"), "tests"),
        reference=first_code(record.solutions),
        solutions=other_codes(record.solutions),
        metadata=details,
    )


def reward_problem(record: RewardRecord) -> Problem:
    asked = user(record.prompt) if isinstance(record.prompt, str) else conversation(record.prompt)
    return Problem(
        id=derived_id(asked[-1]["content"]) if record.id is None else record.id,
        messages=asked,
        tests=published_tests(record.reward_model.ground_truth, None, "reward_model.ground_truth"),
    )


def _details(metadata: object) -> dict[str, Any]:
    """Published as an object, or as text."""
    if is_object(metadata):
        return metadata
    return {} if metadata is None else {"metadata": metadata}
