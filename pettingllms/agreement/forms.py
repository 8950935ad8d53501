"""Written tests as JSON text, for rows, and back.

    {"function": NAME, "cases": [{"args": [...], "expected": ...}]}
    {"cases": [{"input": TEXT, "output": TEXT}]}

A value that is no JSON has the form of `judge.sandbox.inside.plain`: `{"tuple": [1, 2]}`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from pettingllms.files import json
from pettingllms.judge.sandbox.inside.plain import decode, encode
from pettingllms.records import (
    Comparison,
    FunctionCase,
    FunctionTests,
    StdioCase,
    StdioTests,
)

CaseTests = FunctionTests | StdioTests


def tests_text(tests: CaseTests) -> str:
    """The cases, and how answers are compared where that is not as usual."""
    compared = {} if tests.comparison == Comparison() else {"comparison": tests.comparison}
    match tests:
        case FunctionTests():
            cases = [{"args": [encode(arg) for arg in case.args], "expected": encode(case.expected)}
                     for case in tests.cases]  # fmt: skip
            page: dict[str, Any] = {"function": tests.entry_point, "cases": cases}
        case StdioTests():
            page = {"cases": [{"input": c.stdin, "output": c.stdout} for c in tests.cases]}
    return json.dumps(page | compared, orjson.OPT_SORT_KEYS).decode()


def tests_of_text(text: str) -> CaseTests:
    """The tests that `tests_text` wrote. Raises: ValueError where it is none of it."""
    try:
        page = json.loads(text.encode())
        comparison = Comparison(**page.get("comparison", {}))
        if "function" in page:
            calls = tuple(_call(case) for case in page["cases"])
            return FunctionTests(str(page["function"]), calls, comparison)
        runs = tuple(StdioCase(str(c["input"]), str(c["output"])) for c in page["cases"])
        return StdioTests(runs, comparison)
    except (LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"no written tests: {error}") from error


def _call(case: dict[str, Any]) -> FunctionCase:
    return FunctionCase(tuple(decode(arg) for arg in case["args"]), decode(case["expected"]))


def with_cases(tests: CaseTests, cases: list[FunctionCase | StdioCase]) -> CaseTests:
    """`tests` with other cases of its kind."""
    return replace(tests, cases=tuple(cases))
