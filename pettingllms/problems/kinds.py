"""What a problem's answers are tested by, in words: for counts and messages to people."""

from __future__ import annotations

from collections.abc import Mapping

from pettingllms.records import AssertTests, FunctionTests, Problem, ProgramTests, StdioTests

UNTESTED = "untested"
_KINDS: Mapping[type, str] = {
    FunctionTests: "function calls",
    StdioTests: "standard input and output",
    AssertTests: "Python test code",
    ProgramTests: "a test program",
}


def kind_of(problem: Problem) -> str:
    return UNTESTED if problem.tests is None else _KINDS[type(problem.tests)]
