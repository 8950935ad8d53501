"""What a published shape is made of, and the field types that several of them share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from pettingllms.problems.prompts import with_contract
from pettingllms.problems.record import UnusableRecordError
from pettingllms.records import Problem


class Record(BaseModel):
    """A record as published: no value is bent to fit, fields of no use are left out."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Shape(Generic[R]):
    """A record with all of `fields` is read as `model` and made a problem by `to_problem`."""

    name: str
    fields: frozenset[str]
    model: type[R]
    to_problem: Callable[[R], Problem]

    def read(self, record: Mapping[str, Any], origin: str) -> Problem:
        """Raises UnusableRecordError."""
        present = {name: value for name, value in record.items() if value is not None}
        try:
            problem = with_contract(self.to_problem(self.model.model_validate(present)))
        except ValidationError as error:
            raise UnusableRecordError(f"{_explain(error)} (read as {self.name})") from error
        return replace(problem, origin=origin, metadata={"source": self.name, **problem.metadata})


def fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _explain(error: ValidationError) -> str:
    """The first three complaints, each with the field it is about."""
    complaints = error.errors(include_url=False, include_context=False, include_input=False)
    told = "; ".join(_complaint(each["loc"], each["msg"]) for each in complaints[:3])
    more = len(complaints) - 3
    return f"{told}; and {more} more" if more > 0 else told


def _complaint(path: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"`{steps.removeprefix('.')}`: {message}" if steps else message


def derived_id(text: str) -> str:
    """An id for a record that has none: the same wherever the record stands."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


def _function_name(name: str) -> str:
    """Spaces around the name, which published files have, are no part of it."""
    if not _NAME.fullmatch(name.strip()):
        raise ValueError(f"`{name}` cannot name a function")
    return name.strip()


_NAME = re.compile(r"(?!\d)[\w$]+(?:(?:\.|::)[\w$]+)*[?!]?")
"""In any language: `Solution.first_sum`, `isPrime`, `empty?`."""
Text = Annotated[str, AfterValidator(_not_blank)]
FunctionName = Annotated[str, AfterValidator(_function_name)]
RecordId = Text | int
