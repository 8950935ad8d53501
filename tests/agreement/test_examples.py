"""Examples as statements give them."""

from __future__ import annotations

import pytest

from pettingllms.agreement.examples import examples_of
from pettingllms.problems import bundled, read_problems
from pettingllms.records import AssertTests, FunctionCase, FunctionTests, Message, Problem


def cases(text: str) -> tuple[object, ...]:
    asked = Problem("p", (Message(role="user", content=text),))
    return examples_of(asked, FunctionTests("f", ()))


@pytest.mark.parametrize(
    "text",
    [
        "Example: `f([1, 2], 'a')` returns `3`.",
        "f([1, 2], 'a') should return 3.",
        "f([1, 2], 'a') -> 3",
        "f([1, 2], 'a') == 3, of course",
        "f([1, 2], 'a') ➞ 3",
        ">>> f([1, 2], 'a')\n3",
        "assert f([1, 2], 'a') == 3",
        "Input: f([1, 2], 'a')\nOutput: 3",
    ],
)
def test_ways_to_give_an_example(text: str) -> None:
    """All of them say the same."""
    assert cases(text) == (FunctionCase(([1, 2], "a"), 3),)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b) -> int:",
        "f(x) returns 3",
        "f([1, 2) returns 3",
        "f(1) returns the sum",
        "of(1) returns 3",
        "f(1) returns f(2)",
    ],
)
def test_what_is_no_example(text: str) -> None:
    """Nothing is made up."""
    assert cases(text) == ()


def test_the_bundled_problems_have_the_examples_that_are_in_them() -> None:
    """Each has at least one."""
    for problem in read_problems((str(bundled.problems_file()),)):
        tests = problem.tests
        if isinstance(tests, AssertTests):
            tests = FunctionTests(tests.entry_point, ())
        assert tests is not None
        assert examples_of(problem, tests), problem.id
