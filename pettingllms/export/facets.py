"""What problems are told apart by in rows, stats and the report: language, difficulty, source and
licence, under whatever name a set has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pettingllms.problems.metadata import SOURCE
from pettingllms.records import Attempt

_DIFFICULTY = (
    "difficulty", "difficulty_level", "gpt_difficulty", "rating", "cf_rating", "level",
)  # fmt: skip
_SOURCE = ("data_source", "dataset", SOURCE)
_LICENCE = ("licence", "license", "licenses")
_DETAILS = ("metadata", "meta", "extra_info")
"""Fields in which sets keep further ones."""
_ANY_SET = frozenset({"native", "plain", "mapped"})
"""Shapes that say nothing of where a problem comes from."""
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Facets:
    """As text; empty where it is not known."""

    language: str
    difficulty: str
    source: str
    licence: str


def facets_of(attempt: Attempt) -> Facets:
    known = attempt.metadata
    return Facets(
        attempt.language,
        _first(known, _DIFFICULTY),
        source_of(attempt),
        _first(known, _LICENCE),
    )


def source_of(attempt: Attempt) -> str:
    """What the set says; of sets that say nothing, what is before the slash of an id such as
    `HumanEval/3`."""
    said = _first(attempt.metadata, _SOURCE)
    if said and said not in _ANY_SET:
        return said
    before, slash, _ = attempt.problem_id.partition("/")
    return before[:_LONGEST] if slash else said


def _first(known: Mapping[str, Any], names: Sequence[str]) -> str:
    for fields in (known, *_inner(known)):
        for name in names:
            if (value := fields.get(name)) is not None and (text := _text(value)):
                return text
    return ""


def _inner(known: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in _DETAILS:
        inner = known.get(name)
        if inner is not None and isinstance(inner, Mapping):
            yield cast("Mapping[str, Any]", inner)


def _text(value: object) -> str:
    match value:
        case str() | int() | float() if not isinstance(value, bool):
            return " ".join(str(value).split())[:_LONGEST]
        case list() | tuple():
            several = cast("Sequence[object]", value)
            return ", ".join(filter(None, map(_text, several)))[:_LONGEST]
        case _:
            return ""
