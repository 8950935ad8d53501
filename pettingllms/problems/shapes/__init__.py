"""The table of shapes that are recognised by a record's fields, the most telling first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, cast

from pettingllms.problems.mapping import FieldMap
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.rules import AS_PUBLISHED, ReadingRules
from pettingllms.problems.shapes.apps import AppsRecord, apps_problem
from pettingllms.problems.shapes.bigcodebench import BigCodeRecord, bigcode_problem
from pettingllms.problems.shapes.code_contests import ContestRecord, contest_problem
from pettingllms.problems.shapes.codeforces import CodeforcesRecord, codeforces_problem
from pettingllms.problems.shapes.evalplus import EvalPlusRecord, evalplus_problem
from pettingllms.problems.shapes.humaneval import StubRecord, stub_problem
from pettingllms.problems.shapes.languages import (
    HumanEvalXRecord,
    MultiplRecord,
    humaneval_x_problem,
    multipl_problem,
)
from pettingllms.problems.shapes.leetcode import LeetCodeRecord, leetcode_problem
from pettingllms.problems.shapes.livecodebench import LiveCodeRecord, livecode_problem
from pettingllms.problems.shapes.mapped import MappedRecord, mapped_problem
from pettingllms.problems.shapes.mbpp import MbppRecord, mbpp_problem
from pettingllms.problems.shapes.named import NAMED
from pettingllms.problems.shapes.native import NativeRecord, native_problem
from pettingllms.problems.shapes.package import PackageRecord, package_problem
from pettingllms.problems.shapes.pettingllms import PettingRecord, petting_problem
from pettingllms.problems.shapes.plain import PlainRecord, plain_problem
from pettingllms.problems.shapes.shape import Shape, fields
from pettingllms.problems.shapes.verifiable import (
    RewardRecord,
    VerifiableRecord,
    reward_problem,
    verifiable_problem,
)
from pettingllms.problems.unread_tests import likely_map
from pettingllms.records import Problem

_TESTED: tuple[Shape[Any], ...] = (
    Shape("package", fields("package statement samples secret"), PackageRecord, package_problem),
    Shape("code_contests", fields("description public_tests"), ContestRecord, contest_problem),
    Shape("codeforces", fields("description official_tests"), CodeforcesRecord, codeforces_problem),
    Shape(
        "livecodebench", fields("question_content public_test_cases"), LiveCodeRecord,
        livecode_problem,
    ),
    Shape("apps", fields("question input_output"), AppsRecord, apps_problem),
    Shape("pettingllms", fields("question test_input test_output"), PettingRecord, petting_problem),
    Shape(
        "leetcode", fields("completion entry_point test query"), LeetCodeRecord,
        leetcode_problem,
    ),
    Shape(
        "leetcode", fields("problem_description entry_point test"), LeetCodeRecord,
        leetcode_problem,
    ),
    Shape(
        "bigcodebench", fields("complete_prompt test entry_point"), BigCodeRecord, bigcode_problem
    ),
    Shape(
        "evalplus", fields("task_id prompt entry_point base_input canonical_solution"),
        EvalPlusRecord, evalplus_problem,
    ),
    Shape(
        "humanevalpack", fields("task_id prompt declaration test buggy_solution"),
        HumanEvalXRecord, humaneval_x_problem,
    ),
    Shape(
        "humaneval_x", fields("task_id prompt declaration test"), HumanEvalXRecord,
        humaneval_x_problem,
    ),
    Shape("multipl_e", fields("name language prompt tests"), MultiplRecord, multipl_problem),
    Shape("mbpp", fields("text test_list"), MbppRecord, mbpp_problem),
    Shape("mbpp", fields("prompt test_list"), MbppRecord, mbpp_problem),
    Shape("native", fields("prompt tests"), NativeRecord, native_problem),
    Shape("native", fields("messages tests"), NativeRecord, native_problem),
    Shape("humaneval", fields("prompt entry_point test"), StubRecord, stub_problem),
    Shape("humaneval", fields("task_id prompt test"), StubRecord, stub_problem),
    Shape("verifiable", fields("prompt verification_info"), VerifiableRecord, verifiable_problem),
    Shape("verl", fields("prompt reward_model"), RewardRecord, reward_problem),
    *NAMED,
)  # fmt: skip
_PROMPTS: tuple[Shape[Any], ...] = (
    Shape("native", fields("prompt"), NativeRecord, native_problem),
    Shape("native", fields("messages"), NativeRecord, native_problem),
    Shape("native", fields("conversations"), NativeRecord, native_problem),
    Shape("native", fields("conversation"), NativeRecord, native_problem),
    Shape("plain", fields("instruction"), PlainRecord, plain_problem),
    Shape("plain", fields("question"), PlainRecord, plain_problem),
    Shape("plain", fields("problem"), PlainRecord, plain_problem),
)
"""What any record may have, whose other fields say nothing."""
SHAPES = (*_TESTED, *_PROMPTS)
_MAPPED = Shape("mapped", fields("prompt"), MappedRecord, mapped_problem)
_PATCHES = "a set like SWE-bench, which asks for patches"
_OTHER_TASKS: Mapping[frozenset[str], str] = {
    fields("code input output"): "a set like CRUXEval, which asks what a program prints",
    fields("code test_input"): "a set that asks what a program prints",
    fields("instance_id repo"): _PATCHES,
    fields("problem_statement patch"): _PATCHES,
    fields("problem_statement docker_image"): _PATCHES,
    fields("question choices"): "a set of multiple choice questions",
}


def to_problem(record: object, origin: str, rules: ReadingRules = AS_PUBLISHED) -> Problem:
    """The problem that a decoded record holds, with all its metadata.

    Raises UnusableRecordError when it holds none.
    """
    if not isinstance(record, dict):
        raise UnusableRecordError(f"is no JSON object but {type(record).__name__}")
    named = cast("dict[str, Any]", record)
    if rules.fields is not None:
        return _MAPPED.read(rules.fields.apply(named), origin, rules)
    return recognise(named).read(named, origin, rules)


def recognise(record: Mapping[str, Any], fields: FieldMap | None = None) -> Shape[Any]:
    """The shape of a record with these fields. Raises UnusableRecordError where none is known."""
    if fields is not None:
        return _MAPPED
    present = tuple(name for name, value in record.items() if value is not None)
    shape = _shape_of(present, tuple(record))
    if shape is None:
        raise UnusableRecordError(_unknown(record))
    return shape


@lru_cache(maxsize=1_000)
def _shape_of(present: tuple[str, ...], names: tuple[str, ...]) -> Shape[Any] | None:
    """By the fields that hold something; by the names of all, where these say more. The records of
    a set have the same fields over and over."""
    holding, named = frozenset(present), frozenset(names)
    if tested := _first_with(_TESTED, holding) or _first_with(_TESTED, named):
        return tested
    return None if _other_task(named) else _first_with(_PROMPTS, holding)


def _first_with(shapes: Sequence[Shape[Any]], present: frozenset[str]) -> Shape[Any] | None:
    return next((shape for shape in shapes if shape.fields <= present), None)


def _other_task(present: frozenset[str]) -> str | None:
    return next((task for known, task in _OTHER_TASKS.items() if known <= present), None)


def _unknown(record: Mapping[str, Any]) -> str:
    names, present = ", ".join(sorted(record)) or "(none)", frozenset(record)
    if task := _other_task(present):
        return f"is of {task}: there is no code to collect (fields {names})"
    shapes = dict.fromkeys(f"{shape.name} ({' + '.join(sorted(shape.fields))})" for shape in SHAPES)
    return (
        f"has the fields {names}, no known shape.{_hint(present)} Name them with --map"
        f" {likely_map(record)}. Known: {', '.join(shapes)}."
    )


def _hint(present: frozenset[str]) -> str:
    """The field that was misspelt, or the shape that one field, or two, are missing of."""
    misspelt = sorted(name for name in present if not name.endswith("_id"))
    for shape in SHAPES:
        for meant in shape.fields - present:
            near = get_close_matches(meant, misspelt, n=1, cutoff=0.8)
            if near and shape.fields - {meant} <= present:
                return f" Is `{near[0]}` meant to be `{meant}`?"
    partly = [shape for shape in SHAPES if len(shape.fields & present) >= 2]
    if not partly:
        return ""
    nearest = min(partly, key=lambda shape: len(shape.fields - present))
    missing = ", ".join(f"`{name}`" for name in sorted(nearest.fields - present))
    return f" It is nearly {nearest.name}: {missing} is missing."
