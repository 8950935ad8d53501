"""The table of shapes that are recognised by a record's fields, the most telling first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, cast

from pettingllms.problems.mapping import FieldMap
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.rules import AS_PUBLISHED, ReadingRules
from pettingllms.problems.shapes.apps import AppsRecord, apps_problem
from pettingllms.problems.shapes.assert_lists import (
    AceCodeRecord,
    InstructRecord,
    KodCodeRecord,
    ace_code_problem,
    instruct_problem,
    kodcode_problem,
)
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
from pettingllms.problems.shapes.native import NativeRecord, native_problem
from pettingllms.problems.shapes.package import PackageRecord, package_problem
from pettingllms.problems.shapes.pettingllms import PettingRecord, petting_problem
from pettingllms.problems.shapes.plain import PlainRecord, plain_problem
from pettingllms.problems.shapes.shape import Shape, fields
from pettingllms.problems.shapes.verifiable import (
    RewardRecord,
    RllmRecord,
    VerifiableRecord,
    reward_problem,
    rllm_problem,
    verifiable_problem,
)
from pettingllms.records import Problem

SHAPES: tuple[Shape[Any], ...] = (
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
    Shape("humaneval", fields("task_id prompt entry_point test"), StubRecord, stub_problem),
    Shape("mbpp", fields("text test_list"), MbppRecord, mbpp_problem),
    Shape("mbpp", fields("prompt test_list"), MbppRecord, mbpp_problem),
    Shape("kodcode", fields("question test"), KodCodeRecord, kodcode_problem),
    Shape("acecode", fields("question test_cases"), AceCodeRecord, ace_code_problem),
    Shape("opencodeinstruct", fields("input unit_tests"), InstructRecord, instruct_problem),
    Shape("verifiable", fields("prompt verification_info"), VerifiableRecord, verifiable_problem),
    Shape("verl", fields("prompt reward_model"), RewardRecord, reward_problem),
    Shape("rllm", fields("problem tests"), RllmRecord, rllm_problem),
    Shape("native", fields("prompt"), NativeRecord, native_problem),
    Shape("native", fields("messages"), NativeRecord, native_problem),
    Shape("plain", fields("instruction"), PlainRecord, plain_problem),
    Shape("plain", fields("question"), PlainRecord, plain_problem),
)  # fmt: skip
_MAPPED = Shape("mapped", fields("prompt"), MappedRecord, mapped_problem)
_OTHER_TASKS: Mapping[frozenset[str], str] = {
    fields("code input output"): "a set like CRUXEval, which asks what a program prints",
    fields("code test_input"): "a set that asks what a program prints",
    fields("instance_id repo base_commit"): "a set like SWE-bench, which asks for patches",
    fields("question choices answer"): "a set of multiple choice questions",
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


def recognise(names: Iterable[str], fields: FieldMap | None = None) -> Shape[Any]:
    """The shape of a record with these fields. Raises UnusableRecordError where none is known."""
    if fields is not None:
        return _MAPPED
    present = frozenset(names)
    shape = _first_with(present)
    if shape is None:
        raise UnusableRecordError(_unknown(sorted(present)))
    return shape


@lru_cache(maxsize=1_000)
def _first_with(present: frozenset[str]) -> Shape[Any] | None:
    """The records of a set have the same fields over and over."""
    return next((shape for shape in SHAPES if shape.fields <= present), None)


def _unknown(names: list[str]) -> str:
    present = frozenset(names)
    task = next((task for known, task in _OTHER_TASKS.items() if known <= present), None)
    if task is not None:
        return f"is of {task}: there is no code to collect (fields {', '.join(names)})"
    shapes = ", ".join(f"{shape.name} ({' + '.join(sorted(shape.fields))})" for shape in SHAPES)
    return (
        f"has the fields {', '.join(names) or '(none)'}, no known shape.{_hint(present)} Name them"
        f" with --map prompt=FIELD,tests=FIELD. Known: {shapes}."
    )


def _hint(present: frozenset[str]) -> str:
    """The shape that one field, or two, are missing of; or the field that was misspelt."""
    known = {name for shape in SHAPES for name in shape.fields}
    near = {
        name: hit[0]
        for name in sorted(present - known)
        if (hit := get_close_matches(name, known - present, n=1, cutoff=0.8))
    }
    if near:
        return "".join(f" Is `{name}` meant to be `{meant}`?" for name, meant in near.items())
    partly = [shape for shape in SHAPES if len(shape.fields & present) >= 2]
    if not partly:
        return ""
    nearest = min(partly, key=lambda shape: len(shape.fields - present))
    missing = ", ".join(f"`{name}`" for name in sorted(nearest.fields - present))
    return f" It is nearly {nearest.name}: {missing} is missing."
