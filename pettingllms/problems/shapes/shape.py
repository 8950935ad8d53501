"""What a published shape is made of, and the field types that several of them share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
)

from pettingllms.problems.mapping import first_step, value_at
from pettingllms.problems.metadata import SOURCE
from pettingllms.problems.prompts import user, with_contract
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.rules import ReadingRules
from pettingllms.problems.shapes.forms import embedded
from pettingllms.problems.stated_rules import with_stated_rules
from pettingllms.problems.unread_tests import refuse_unread_tests
from pettingllms.records import Problem


class Record(BaseModel):
    """A record as published: no value is bent to fit, fields of no use are left out."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", defer_build=True)


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Shape(Generic[R]):
    """A record with all of `fields` is read as `model` and made a problem by `to_problem`. Where
    it calls them otherwise, `paths` says where each field of the model is."""

    name: str
    fields: frozenset[str]
    model: type[R]
    to_problem: Callable[[R], Problem]
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def read(self, record: Mapping[str, Any], origin: str, rules: ReadingRules) -> Problem:
        """With all that the shape has no use for as metadata. Raises UnusableRecordError."""
        present = {name: value for name, value in record.items() if value is not None}
        named, used = self._named(present)
        try:
            problem = self.to_problem(self.model.model_validate(named))
        except ValidationError as error:
            raise UnusableRecordError(f"{_explain(error)} (read as {self.name})") from error
        if rules.template is not None:
            problem = _with_prompt(problem, rules.template.render(record))
        unused = {name: value for name, value in present.items() if name not in used}
        if problem.tests is None and not rules.allows_untested:
            looked_at = unused | {name: present[name] for name in _DETAILS & present.keys()}
            refuse_unread_tests(looked_at, self.name, _prompt_field(record))
        metadata = {SOURCE: self.name, **unused, **problem.metadata}
        told = with_stated_rules(with_contract(problem))
        return replace(told, origin=origin, metadata=metadata)

    def _named(self, present: dict[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
        """The record by the model's names, and the fields of it that are used."""
        if not self.paths:
            return present, names_of(self.model)
        named: dict[str, Any] = {}
        used: set[str] = set()
        for target, paths in self.paths.items():
            for path in paths:
                if (value := value_at(present, path)) is not None:
                    named |= {target: value, f"{target}_field": path}
                    used.add(first_step(path))
                    break
        return named, frozenset(used)


_DETAILS = frozenset({"metadata", "meta", "checker"})
"""Fields that are read, but are no tests by themselves."""


@cache
def names_of(model: type[Record]) -> frozenset[str]:
    """The fields that a model reads, by all their names."""
    aliases = (field.validation_alias for field in model.model_fields.values())
    several = (alias.choices for alias in aliases if isinstance(alias, AliasChoices))
    return frozenset({*model.model_fields, *(str(name) for names in several for name in names)})


def _with_prompt(problem: Problem, prompt: str) -> Problem:
    system = [message for message in problem.messages if message["role"] == "system"]
    return replace(problem, messages=(*system, *user(prompt)))


def _prompt_field(record: Mapping[str, Any]) -> str:
    known = ("prompt", "question", "problem", "instruction", "description", "text", "messages")
    return next((name for name in known if name in record), "FIELD")


def fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _explain(error: ValidationError) -> str:
    """The first three complaints, each with the field it is about."""
    complaints = error.errors(include_url=False, include_context=False, include_input=False)
    told = list(dict.fromkeys(_complaint(each["loc"], each["msg"]) for each in complaints))
    more = len(told) - 3
    return "; ".join(told[:3]) + (f"; and {more} more" if more > 0 else "")


def _complaint(path: tuple[int | str, ...], message: str) -> str:
    """Without the steps that are pydantic's own, such as the members of a union."""
    message = message.removeprefix("Value error, ")
    own = (step for step in path if isinstance(step, int) or not _INSIDE_PYDANTIC.search(step))
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in own)
    return f"`{steps.removeprefix('.')}`: {message}" if steps else message


_INSIDE_PYDANTIC = re.compile(r"[\[(]|^(?:str|int|float|bool|list|dict)$")


def details_of(metadata: object) -> dict[str, Any]:
    """What `metadata` says, which is an object mostly, and text at times."""
    if isinstance(metadata, dict):
        return cast("dict[str, Any]", metadata)
    return {"metadata": metadata} if metadata else {}


def derived_id(text: str) -> str:
    """An id for a record that has none: the same wherever the record stands."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


def _function_name(name: str) -> str:
    """Spaces around the name, which published files have, are no part of it; nor is a class that
    it is called of: `Solution().name`."""
    bare = name.strip().removeprefix("Solution().")
    if not _NAME.fullmatch(bare):
        raise ValueError(f"`{name}` cannot name a function")
    return bare


_NAME = re.compile(r"(?!\d)[\w$]+(?:(?:\.|::)[\w$]+)*[?!]?")
"""In any language: `Solution.first_sum`, `isPrime`, `empty?`."""


def _record_id(value: object) -> object:
    """Tables make whole numbers floats where an id is missing somewhere."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no id: write text or a whole number")
    return value


Text = Annotated[str, AfterValidator(_not_blank)]
FunctionName = Annotated[str, AfterValidator(_function_name)]
RecordId = Annotated[str, AfterValidator(_not_blank), BeforeValidator(_record_id)]
Embedded = BeforeValidator(embedded)
"""For a field that may stand in JSON text."""
