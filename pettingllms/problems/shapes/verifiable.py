"""Problems made for reinforcement learning: PrimeIntellect's verifiable-coding-problems and
SYNTHETIC, and what verl trains on (PRIME, Eurus, Skywork)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import user
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import published_tests
from pettingllms.problems.shapes.limits import read_limits, with_limits
from pettingllms.problems.shapes.native import Chat, conversation
from pettingllms.problems.shapes.published_code import first_code
from pettingllms.problems.shapes.shape import (
    Embedded,
    Record,
    RecordId,
    Text,
    derived_id,
    details_of,
)
from pettingllms.records import Problem
from pettingllms.records.languages import LANGUAGES, find_language

_INFO = "verification_info"


class VerifiableRecord(Record):
    id: RecordId | None = Field(None, validation_alias=AliasChoices("problem_id", "id"))
    prompt: Text
    verification_info: Annotated[dict[str, Any], Embedded]
    gold_standard_solution: str | None = None
    metadata: Annotated[Any, Embedded] = None


class RewardModel(Record):
    ground_truth: Any = None


class RewardRecord(Record):
    id: RecordId | None = None
    prompt: Annotated[Chat | Text, Embedded]
    reward_model: Annotated[RewardModel, Embedded]


def verifiable_problem(record: VerifiableRecord) -> Problem:
    """What verifies an answer may be something else than test cases: then it is in no known form,
    and the record is refused."""
    info = {name: told for name, told in record.verification_info.items() if told is not None}
    said = str(info.pop("language", None) or "")
    language = find_language(said)
    if language is None and said.strip():
        raise UnusableRecordError(
            f"is a problem in `{said}`; answers can be tested in {', '.join(LANGUAGES)}"
        )
    limits = read_limits(info.get("time_limit"), info.get("memory_limit"))
    return Problem(
        id=derived_id(record.prompt) if record.id is None else record.id,
        messages=user(record.prompt),
        tests=with_limits(published_tests(info, None, _INFO), limits),
        reference=first_code(record.gold_standard_solution),
        metadata=details_of(record.metadata),
        language=language and language.name,
    )


def reward_problem(record: RewardRecord) -> Problem:
    asked = user(record.prompt) if isinstance(record.prompt, str) else conversation(record.prompt)
    return Problem(
        id=derived_id(asked[-1]["content"]) if record.id is None else record.id,
        messages=asked,
        tests=published_tests(record.reward_model.ground_truth, None, "reward_model.ground_truth"),
    )
