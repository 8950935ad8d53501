"""The table of shapes that are recognised by a record's fields, the most telling first."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, cast

from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.apps import AppsRecord, apps_problem
from pettingllms.problems.shapes.code_contests import ContestRecord, contest_problem
from pettingllms.problems.shapes.humaneval import StubRecord, stub_problem
from pettingllms.problems.shapes.mbpp import MbppRecord, mbpp_problem
from pettingllms.problems.shapes.native import NativeRecord, native_problem
from pettingllms.problems.shapes.plain import PlainRecord, plain_problem
from pettingllms.problems.shapes.shape import Shape, fields
from pettingllms.records import Problem

SHAPES: tuple[Shape[Any], ...] = (
    Shape("code_contests", fields("description public_tests"), ContestRecord, contest_problem),
    Shape("apps", fields("question input_output"), AppsRecord, apps_problem),
    Shape("humaneval", fields("task_id prompt entry_point test"), StubRecord, stub_problem),
    Shape("mbpp", fields("text test_list"), MbppRecord, mbpp_problem),
    Shape("mbpp", fields("prompt test_list"), MbppRecord, mbpp_problem),
    Shape("native", fields("prompt"), NativeRecord, native_problem),
    Shape("native", fields("messages"), NativeRecord, native_problem),
    Shape("plain", fields("instruction"), PlainRecord, plain_problem),
    Shape("plain", fields("question"), PlainRecord, plain_problem),
)


def to_problem(record: object, origin: str) -> Problem:
    """The problem that a decoded record holds.

    Raises UnusableRecordError when it holds none.
    """
    if not isinstance(record, dict):
        raise UnusableRecordError(f"is no JSON object but {type(record).__name__}")
    named = cast("dict[str, Any]", record)
    return _recognise(named).read(named, origin)


def _recognise(names: Iterable[str]) -> Shape[Any]:
    present = frozenset(names)
    shape = next((shape for shape in SHAPES if shape.fields <= present), None)
    if shape is None:
        raise UnusableRecordError(_unknown(sorted(present)))
    return shape


def _unknown(names: list[str]) -> str:
    known = {name for shape in SHAPES for name in shape.fields}
    near = {name: get_close_matches(name, known, n=1, cutoff=0.8) for name in names}
    hints = "".join(f" Is `{name}` meant to be `{hit[0]}`?" for name, hit in near.items() if hit)
    shapes = ", ".join(f"{shape.name} ({' + '.join(sorted(shape.fields))})" for shape in SHAPES)
    return f"has the fields {', '.join(names) or '(none)'}, no known shape.{hints} Known: {shapes}."
