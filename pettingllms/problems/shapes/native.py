"""The shape of our own, and any other record with a `prompt` or `messages`.

    {"id", "prompt" or "messages", "system"?, "tests"?, "entry_point"?, "comparison"?,
     "checker"?, "limits"?, "reference"?, "language"?, "metadata"?}

Fields beyond these are kept as metadata, unless one looks like a misspelling of a field that is
missing. Without `id`, it is derived from the prompt. `native_tests` holds the forms of `tests`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import is_list, is_object
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
    details_of,
)
from pettingllms.records import NO_LIMITS, Message, Problem, Role, Tests
from pettingllms.records.languages import LANGUAGES, find_language


class NativeMessage(Record):
    role: Role
    content: str
    reasoning: str | None = None

    @field_validator("content", mode="before")
    @classmethod
    def _joined(cls, content: object) -> object:
        """Text that is published in parts, as providers take it."""
        if not is_list(content) or not all(map(is_object, content)):
            return content
        return "\n".join(str(part["text"]) for part in content if part.get("type") == "text")

    def to_message(self) -> Message:
        said: Message = {"role": self.role, "content": self.content}
        if self.reasoning:
            said["reasoning"] = self.reasoning
        return said


_CHATS = ("messages", "conversations", "conversation")
_SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant"}


def _as_messages(said: object) -> object:
    """ShareGPT's `from` and `value` by the usual names."""
    return [_as_message(each) for each in said] if is_list(said) else said


def _as_message(said: object) -> object:
    if not is_object(said) or not {"from", "value"} <= said.keys():
        return said
    speaker: Any = said["from"]
    return {"role": _SPEAKERS.get(speaker, speaker), "content": said["value"]}


Chat = Annotated[list[NativeMessage], Field(min_length=1), BeforeValidator(_as_messages), Embedded]


class NativeRecord(Record):
    model_config = ConfigDict(extra="allow")

    id: RecordId | None = None
    prompt: Text | None = None
    messages: Chat | None = Field(None, validation_alias=AliasChoices(*_CHATS))
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

    @model_validator(mode="before")
    @classmethod
    def _chat(cls, record: Any) -> Any:
        """A chat may stand in `prompt`, as TRL has it, or beside it with the answer that a model
        gave."""
        prompt = record.get("prompt")
        chat = next((name for name in _CHATS if record.get(name) is not None), None)
        if is_list(prompt) and chat is None:
            return {**_without(record, "prompt"), "messages": prompt}
        if prompt is None or chat is None:
            return record
        is_beside = chat != "messages" or _is_answered(record[chat])
        return _without(record, chat) if is_beside else record

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


def _without(record: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != field}


def _is_answered(messages: object) -> bool:
    last = messages[-1] if is_list(messages) and messages else None
    return is_object(last) and last.get("role") == "assistant"


def native_problem(record: NativeRecord) -> Problem:
    _refuse_misspelt(frozenset(record.model_extra or {}), frozenset(record.model_fields_set))
    messages = record.asked()
    language, metadata = _language(record), record.metadata
    said = {"language": record.language} if record.language and language is None else {}
    if record.checker is not None and record.tests is None:
        said["checker"] = record.checker
    return Problem(
        id=_derived_id(messages) if record.id is None else record.id,
        messages=messages,
        tests=_tests(record, language),
        reference=record.reference,
        metadata={**said, **details_of(metadata)},
        language=language,
    )


def conversation(
    messages: Sequence[NativeMessage], system: tuple[Message, ...] = ()
) -> tuple[Message, ...]:
    """What is asked: an answer that was published with it is left out. Raises:
    UnusableRecordError where nothing is."""
    said = (*system, *(message.to_message() for message in messages))
    asked = said[:-1] if said[-1]["role"] == "assistant" else said
    _refuse_unanswerable(asked)
    return asked


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
    if not messages or messages[-1]["role"] != "user" or not messages[-1]["content"].strip():
        raise UnusableRecordError("`messages` must end with what the user asks: nothing to answer")
    if any(message["role"] == "system" for message in messages[1:]):
        raise UnusableRecordError("a system message may only come first, and once")
