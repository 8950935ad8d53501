from __future__ import annotations

import json
from typing import Any

import pytest

from pettingllms.problems import check_problems, read_problems
from pettingllms.problems.shapes import SHAPES
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Problem,
    StdioCase,
    StdioTests,
)

from .conftest import Complain, ReadOne, Write

STUB = 'import math\n\ndef halve(n):\n    """Half of n, rounded down."""\n'
CHECK = "def check(candidate):\n    assert candidate(5) == 2\n"
HUMANEVAL = {
    "task_id": "Own/1",
    "prompt": STUB,
    "entry_point": "halve",
    "test": CHECK,
    "canonical_solution": "    return math.floor(n / 2)\n",
}
MBPP = {
    "task_id": 7,
    "text": "Write a function that doubles a number.",
    "code": "def helper(x):\n  return x\ndef twice(x):\n  return helper(x) * 2",
    "test_list": ["assert set([twice(2)]) == {4}", "assert twice(0) == 0"],
    "test_setup_code": "",
}
APPS: dict[str, Any] = {
    "problem_id": 12,
    "question": "Read from standard input a number; print the next one.",
    "solutions": json.dumps(["print(int(input()) + 1)", "second"]),
    "input_output": json.dumps({"inputs": ["1\n", ["2", "3"]], "outputs": ["2\n", ["3", "4"]]}),
    "difficulty": "introductory",
    "url": "",
    "starter_code": "",
}
CONTEST: dict[str, Any] = {
    "name": "1_A. Next",
    "description": "Write the next number to standard output.",
    "public_tests": {"input": ["1\n"], "output": ["2\n"]},
    "private_tests": {"input": ["5\n"], "output": ["6\n"]},
    "generated_tests": {"input": [], "output": []},
    "solutions": {"language": [2, 3], "solution": ["int main", "print(int(input()) + 1)"]},
}


def _apps(**changed: Any) -> dict[str, Any]:
    return APPS | {"input_output": json.dumps(changed.pop("tests"))} | changed


def _run(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace


def test_humaneval(read_one: ReadOne) -> None:
    """The stub is asked for whole, is the tests' setup, and begins the reference."""
    problem = read_one(HUMANEVAL)
    assert problem == Problem(
        id="Own/1",
        messages=(
            {
                "role": "user",
                "content": "Complete the following Python function. Answer with all of its code."
                f"\n\n```python\n{STUB}```",
            },
        ),
        tests=AssertTests("halve", (CHECK, "check(halve)"), setup=STUB),
        reference=STUB + "    return math.floor(n / 2)\n",
        metadata={"source": "humaneval"},
        origin=problem.origin,
    )


def test_humaneval_body_of_another_indent(read_one: ReadOne) -> None:
    """A solution indented unlike its docstring still makes a reference that runs."""
    problem = read_one(HUMANEVAL | {"canonical_solution": "  return math.floor(n / 2)\n"})
    assert _run(problem.reference or "")["halve"](5) == 2


def test_humaneval_name_with_a_space(read_one: ReadOne) -> None:
    """Spaces around an entry point, as published files have, are dropped."""
    problem = read_one(HUMANEVAL | {"entry_point": "halve "})
    assert isinstance(problem.tests, AssertTests)
    assert problem.tests.snippets[-1] == "check(halve)"


def test_humaneval_fence_is_longer_than_any_inside(read_one: ReadOne) -> None:
    """A stub that holds a Markdown fence is fenced by a longer one."""
    problem = read_one(HUMANEVAL | {"prompt": STUB.replace("Half", "```Half")})
    assert "\n````python\n" in problem.messages[0]["content"]


def test_mbpp_full(read_one: ReadOne) -> None:
    """The function is the one of `code` that the first assert calls; the prompt shows both."""
    problem = read_one(MBPP)
    assert problem.id == "mbpp/7"
    assert problem.tests == AssertTests("twice", tuple(MBPP["test_list"]))
    assert problem.reference == MBPP["code"]
    assert problem.messages[0]["content"] == (
        "Write a function that doubles a number.\n\n"
        "Write a function named `twice`. It should pass this test:\n\n"
        "```python\nassert set([twice(2)]) == {4}\n```"
    )


def test_mbpp_setup(read_one: ReadOne) -> None:
    """Imports and setup code run before the asserts; the model sees the setup it must fit."""
    problem = read_one(MBPP | {"test_setup_code": "two = 2", "test_imports": ["import math"]})
    assert isinstance(problem.tests, AssertTests)
    assert problem.tests.setup == "import math\ntwo = 2"
    assert "```python\ntwo = 2\nassert set" in problem.messages[0]["content"]


def test_mbpp_sanitized(read_one: ReadOne) -> None:
    """The sanitized file calls the sentence `prompt`; without `code` the first call is it."""
    record = {"prompt": MBPP["text"], "task_id": 7, "test_list": ["assert (twice(2)) == 4"]}
    problem = read_one(record | {"code": "", "test_imports": []})
    assert problem.tests == AssertTests("twice", ("assert (twice(2)) == 4",))
    assert problem.reference is None


def test_apps_program(read_one: ReadOne) -> None:
    """Inputs are text or lists of lines; the first solution is the reference."""
    problem = read_one(APPS)
    assert problem.id == "apps/12"
    assert problem.tests == StdioTests((StdioCase("1\n", "2\n"), StdioCase("2\n3", "3\n4")))
    assert problem.reference == "print(int(input()) + 1)"
    assert problem.metadata == {"source": "apps", "difficulty": "introductory"}
    assert problem.messages == ({"role": "user", "content": APPS["question"]},)


def test_apps_function(read_one: ReadOne) -> None:
    """With `fn_name` the inputs are argument lists, and wrapped outputs are unwrapped."""
    tests = {"fn_name": "add", "inputs": [[1, 2], [[3], 4]], "outputs": [[3], [[7]]]}
    starter = "class Solution:\n    def add(self, a, b):\n        "
    problem = read_one(_apps(tests=tests, starter_code=starter))
    assert problem.tests == FunctionTests(
        "add", (FunctionCase((1, 2), 3), FunctionCase(([3], 4), [7]))
    )
    assert problem.messages[0]["content"].endswith(f"\n\n```python\n{starter}\n```")


def test_apps_outputs_that_are_lists_themselves(read_one: ReadOne) -> None:
    """If one output cannot be a wrapped result, none of them is one."""
    tests = {"fn_name": "firsts", "inputs": [[1], [2]], "outputs": [[1], [1, 2]]}
    problem = read_one(_apps(tests=tests))
    assert isinstance(problem.tests, FunctionTests)
    assert [case.expected for case in problem.tests.cases] == [[1], [1, 2]]


@pytest.mark.parametrize("published", ["", json.dumps({"inputs": [], "outputs": []})])
def test_apps_without_tests(read_one: ReadOne, published: str) -> None:
    """A problem published with no tests is read, untested."""
    problem = read_one(APPS | {"input_output": published, "solutions": ""})
    assert problem.tests is None
    assert problem.reference is None


def test_code_contests(read_one: ReadOne) -> None:
    """All tests are kept, public first, and the reference is the first in Python 3."""
    problem = read_one(CONTEST)
    assert problem.id == "1_A. Next"
    cases = (StdioCase("1\n", "2\n"), StdioCase("5\n", "6\n"))
    assert problem.tests == StdioTests(cases, public=1)
    assert problem.reference == "print(int(input()) + 1)"
    assert problem.metadata == {"source": "code_contests"}


def test_code_contests_without_python(read_one: ReadOne) -> None:
    """A problem solved in other languages only has no reference."""
    solutions = {"language": ["CPP"], "solution": ["int main"]}
    assert read_one(CONTEST | {"solutions": solutions}).reference is None


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        ({"prompt": "Say hi."}, "Say hi."),
        ({"question": "Why?"}, "Why?"),
        ({"instruction": "Sort.", "input": "3 1", "output": "1 3"}, "Sort.\n\n3 1"),
        ({"instruction": "Sort.", "input": ""}, "Sort."),
    ],
)
def test_plain_prompts(read_one: ReadOne, record: dict[str, Any], asked: str) -> None:
    """A text to answer is enough; it has no tests."""
    problem = read_one(record)
    assert problem.messages == ({"role": "user", "content": asked},)
    assert problem.tests is None
    assert len(problem.id) == 16


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (HUMANEVAL | {"entry_point": 3}, "`entry_point`: Input should be a valid string"),
        (HUMANEVAL | {"prompt": "def f(:"}, "`prompt` is not Python at line 1"),
        (HUMANEVAL | {"test": "check("}, "`test` is not Python at line 1"),
        (MBPP | {"test_list": []}, "`test_list`: "),
        (MBPP | {"test_list": ["assert 1 +"]}, "`test_list[0]` is not Python"),
        (MBPP | {"test_list": ["assert len('a') == 1"]}, "`test_list[0]` calls no function"),
        (MBPP | {"code": "def f("}, "`code` is not Python"),
        (APPS | {"input_output": "{"}, "`input_output` is not JSON at column 2"),
        (
            _apps(tests={"inputs": ["1"], "outputs": []}),
            "`input_output` holds 1 inputs for 0 outputs",
        ),
        (_apps(tests={"inputs": [{}], "outputs": ["1"]}), "`input_output` holds a test that is no"),
        (_apps(tests={"inputs": ["1"], "outputs": [None]}), "`input_output` holds a test without"),
        (
            _apps(tests={"inputs": [1], "outputs": [1], "fn_name": "f"}),
            "`input_output` calls `f` with what is no argument list",
        ),
        (APPS | {"input_output": '{"inputs": [NaN], "outputs": [1]}'}, "`input_output` holds NaN"),
        (CONTEST | {"public_tests": {"input": ["1"]}}, "`public_tests`: 1 inputs for 0 outputs"),
        (CONTEST | {"public_tests": [3]}, "`public_tests`: Input should be"),
        ({"promt": "Say hi."}, "has the fields promt, no known shape. Is `promt` meant to be"),
        ({}, "has the fields (none), no known shape"),
        ([1], "is no JSON object but int"),
    ],
)
def test_a_bad_record_is_told_apart(complaint: Complain, record: Any, said: str) -> None:
    """Each mistake in a published shape is named by its field."""
    assert complaint(record).startswith(said)


def test_an_unknown_record_lists_every_shape(complaint: Complain) -> None:
    """Whoever has another format learns which ones there are."""
    said = complaint({"title": "?"})
    assert all(shape.name in said for shape in SHAPES)


def test_shapes_mix_in_one_file(write: Write) -> None:
    """Each record is recognised on its own."""
    path = write(HUMANEVAL, MBPP, APPS, CONTEST, {"question": "Why?"})
    sources = [problem.metadata["source"] for problem in read_problems([path])]
    assert sources == ["humaneval", "mbpp", "apps", "code_contests", "plain"]
    assert check_problems([path]).with_tests == 4
