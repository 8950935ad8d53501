"""The shape of our own, and any other record with a `prompt` or `messages`.

    {"id", "prompt" or "messages", "system"?, "tests"?, "entry_point"?, "comparison"?,
     "checker"?, "limits"?, "reference"?, "language"?, "metadata"?}

Fields beyond these are kept as metadata, unless one looks like a misspelling of a field that is
missing. Without `id`, it is derived from the prompt. `native_tests` holds the forms of `tests`.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import is_object
from pettingllms.problems.shapes.native_tests import (
    ComparisonRecord,
    LimitsRecord,
    Terms,
    native_tests,
)
from pettingllms.problems.shapes.shape import (
    Embedded,
    FunctionName,
    Record,
    RecordId,
    Text,
    derived_id,
)
from pettingllms.records import NO_LIMITS, Message, Problem, Role, Tests
from pettingllms.records.languages import LANGUAGES, find_language


class NativeMessage(Record):
    role: Role
    content: str
    reasoning: str | None = None

    def to_message(self) -> Message:
        said: Message = {"role": self.role, "content": self.content}
        if self.reasoning:
            said["reasoning"] = self.reasoning
        return said


class NativeRecord(Record):
    model_config = ConfigDict(extra="allow")

    id: RecordId | None = None
    prompt: Text | None = None
    messages: Annotated[list[NativeMessage] | None, Field(min_length=1), Embedded] = None
    system: Text | None = None
    tests: Annotated[Any, Embedded] = None
    entry_point: FunctionName | None = None
    comparison: Annotated[ComparisonRecord | None, Embedded] = None
    checker: Text | None = None
    limits: Annotated[LimitsRecord | None, Embedded] = None
    result_argument: int | None = Field(default=None, ge=0)
    reference: str | None = None
    language: str | None = None
    metadata: Annotated[Any, Embedded] = None

    @model_validator(mode="after")
    def _asks_once(self) -> NativeRecord:
        if (self.prompt is None) == (self.messages is None):
            raise ValueError("write either `prompt` or `messages`")
        return self

    def asked(self) -> tuple[Message, ...]:
        system = (Message(role="system", content=self.system),) if self.system else ()
        if self.messages is None:
            return (*system, Message(role="user", content=self.prompt or ""))
        return conversation(self.messages, system)


def native_problem(record: NativeRecord) -> Problem:
    _refuse_misspelt(frozenset(record.model_extra or {}), frozenset(record.model_fields_set))
    messages = record.asked()
    language, metadata = _language(record), record.metadata
    said = {"language": record.language} if record.language and language is None else {}
    if record.checker is not None and record.tests is None:
        said["checker"] = record.checker
    details = metadata if is_object(metadata) else {"metadata": metadata} if metadata else {}
    return Problem(
        id=_derived_id(messages) if record.id is None else record.id,
        messages=messages,
        tests=_tests(record, language),
        reference=record.reference,
        metadata={**said, **details},
        language=language,
    )


def conversation(
    messages: Sequence[NativeMessage], system: tuple[Message, ...] = ()
) -> tuple[Message, ...]:
    """Raises: UnusableRecordError where nothing is asked."""
    said = (*system, *(message.to_message() for message in messages))
    _refuse_unanswerable(said)
    return said


def _language(record: NativeRecord) -> str | None:
    """None also where no tests depend on it, and it may be English."""
    if not record.language:
        return None
    found = find_language(record.language)
    if found is None and record.tests is not None:
        raise UnusableRecordError(
            f"`language` is {record.language!r}; answers can be tested in {', '.join(LANGUAGES)}"
        )
    return found and found.name


def _tests(record: NativeRecord, language: str | None) -> Tests | None:
    if record.tests is None:
        return None
    limits = record.limits.to_limits() if record.limits else NO_LIMITS
    terms = Terms(
        record.entry_point,
        record.comparison,
        record.checker,
        limits,
        language,
        record.result_argument,
    )
    return native_tests(record.tests, terms)


def _derived_id(messages: Sequence[Message]) -> str:
    return derived_id("\n".join(f"{said['role']}: {said['content']}" for said in messages))


def _refuse_misspelt(extra: frozenset[str], written: frozenset[str]) -> None:
    misspelt = _misspelt(extra, written)
    if misspelt is not None:
        name, meant = misspelt
        raise UnusableRecordError(
            f"has an unknown field `{name}`: is `{meant}` meant? If not, put it in `metadata`"
        )


@lru_cache(maxsize=1_000)
def _misspelt(extra: frozenset[str], written: frozenset[str]) -> tuple[str, str] | None:
    """The records of a set have the same fields over and over."""
    missing = NativeRecord.model_fields.keys() - written
    for name in sorted(extra):
        for meant in get_close_matches(name, missing, n=1, cutoff=0.85):
            return name, meant
    return None


def _refuse_unanswerable(messages: Sequence[Message]) -> None:
    if messages[-1]["role"] != "user" or not messages[-1]["content"].strip():
        raise UnusableRecordError("`messages` must end with what the user asks: nothing to answer")
    if any(message["role"] == "system" for message in messages[1:]):
        raise UnusableRecordError("a system message may only come first, and once")
