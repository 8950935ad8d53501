"""The tasks that the answers in `answers/` solve."""

from __future__ import annotations

from pettingllms.records import FunctionCase, FunctionTests, StdioCase, StdioTests, Tests
from tests.judge.languages.forms import CASES


def program(*cases: tuple[str, str]) -> StdioTests:
    return StdioTests(tuple(StdioCase(given, printed) for given, printed in cases))


def function(name: str, *cases: tuple[tuple[object, ...], object]) -> FunctionTests:
    return FunctionTests(name, tuple(FunctionCase(args, gives) for args, gives in cases))


TESTS: dict[str, Tests] = {
    # Reads how many numbers there are, and the numbers, and prints their sum.
    "sum": program(*CASES),
}
