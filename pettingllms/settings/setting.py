"""One setting: a field of the table with its variable, its help, and what it can change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Optional, TypedDict, Union, cast, get_origin

from pydantic import AfterValidator, Field
from pydantic.fields import FieldInfo

Group = Literal[
    "Problems",
    "Provider",
    "Sampling and repair",
    "Judge",
    "Two agents",
    "Export",
    "Output and cache",
    "Pace and budget",
]
Changes = Literal["selection", "attempts", "rows", "nothing"]
"""Of what a run makes: which problems it takes, what becomes of an answer to one, how that is
exported, or no more than when, where and at what price it happens."""


class _Extra(TypedDict):
    group: Group
    env: str
    changes: Changes
    needs: str
    flag: str
    metavar: str


def setting(
    group: Group,
    env: str,
    help_text: str,
    default: Any = None,
    *,
    changes: Changes = "attempts",
    needs: str = "",
    flag: str = "",
    metavar: str = "",
    **more: Any,
) -> Any:
    """A field of `Settings`; `flag` and `metavar` where they do not follow from name and type.
    `needs` says of other settings what this one has no effect without: `batch` (it is set),
    `format=preference`, `format!=rl`, `agents=code,test` or `samples>1`; several with spaces.

    `more` goes to pydantic's `Field`: bounds such as `ge=1`, a `default_factory`.
    """
    extra = _Extra(group=group, env=env, changes=changes, needs=needs, flag=flag, metavar=metavar)
    if "default_factory" not in more:
        more["default"] = default
    return Field(description=help_text, json_schema_extra=cast("Any", extra), **more)


def read_by(read: Callable[[str], object]) -> AfterValidator:
    """For text that is read where it is used: `read` refuses it here, by a ValueError."""

    def check(value: str | None) -> str | None:
        if value is not None:
            read(value)
        return value

    return AfterValidator(check)


def environment_name(field: FieldInfo) -> str:
    return extra_of(field)["env"]


def parameter_type(field: FieldInfo) -> Any:
    """What a caller may pass: several values may come in one string, None is not set."""
    several = get_origin(field.annotation) is tuple
    return Optional[Union[str, field.annotation] if several else field.annotation]  # noqa: UP007, UP045


def group_of(field: FieldInfo) -> str:
    return extra_of(field)["group"]


def metavar_of(field: FieldInfo) -> str:
    """What the help shows for a value; empty where it follows from the type."""
    return extra_of(field)["metavar"]


def extra_of(field: FieldInfo) -> _Extra:
    return cast("_Extra", field.json_schema_extra)
