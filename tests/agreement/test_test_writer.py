"""What of a test writer's answer is taken, and what is left out, by reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.agreement import forms, question, read_tests
from pettingllms.agreement.test_writer import MOST_CASE_BYTES, MOST_DEPTH, MOST_REPLY_BYTES
from pettingllms.records import (
    Completion,
    FinishReason,
    FunctionCase,
    FunctionTests,
    Message,
    Problem,
    StdioCase,
    StdioTests,
)

ADD = "Write `def add(a: int, b: int = 0) -> int:`, the sum. Example: `add(1, 2)` returns `3`."
ECHO = """Read a line and print it twice.

Example input:

```
x
```

Example output:

```
xx
```
"""


def problem(text: str = ADD, **more: Any) -> Problem:
    return Problem("p", (Message(role="user", content=text),), **more)


def page(*cases: Any, function: str | None = "add") -> str:
    named = {"function": function} if function else {}
    return f"```json\n{json.dumps(named | {'cases': list(cases)})}\n```"


def call(*args: Any, expected: Any = 0) -> dict[str, Any]:
    return {"args": list(args), "expected": expected}


def test_cases_of_a_function_are_taken() -> None:
    """As they are written."""
    found = read_tests(problem(), Completion(page(call(2, 3, expected=5), call(1, expected=1))), 9)
    cases = (FunctionCase((2, 3), 5), FunctionCase((1,), 1))
    assert found.tests == FunctionTests("add", cases)
    assert not found.refused


def test_cases_of_a_program_are_taken() -> None:
    """Bare JSON, with no block around it, too."""
    text = json.dumps({"cases": [{"input": "a\n", "output": "aa\n"}]})
    found = read_tests(problem(ECHO), Completion(text), 9)
    assert found.tests == StdioTests((StdioCase("a\n", "aa\n"),))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (call(1, 2, 3), "wrong_arity"),
        (call(), "wrong_arity"),
        (call(1, 2, expected=4), "contradicts_example"),
        (call(7, 7), "repeated"),
        ({"args": [1, 2]}, "not_a_case"),
        ({"args": [1, 2], "expected": 3, "note": "?"}, "not_a_case"),
        ({"args": 1, "expected": 1}, "not_a_case"),
        ({"input": "1", "output": "1"}, "not_a_case"),
        ("assert add(1, 2) == 3", "not_a_case"),
        (None, "not_a_case"),
        (call("x" * MOST_CASE_BYTES, 1), "too_large"),
        (call(json.loads("[" * MOST_DEPTH + "]" * MOST_DEPTH), 1), "not_plain"),
        (call("\ud800", 1), "not_plain"),
    ],
)
def test_what_is_no_case_is_left_out_and_counted(case: Any, reason: str) -> None:
    """And the others are taken."""
    found = read_tests(problem(), Completion(page(call(7, 7, expected=14), case)), 9)
    assert found.refused == {reason: 1}
    assert found.tests == FunctionTests("add", (FunctionCase((7, 7), 14),))


def test_what_the_writer_thinks_is_no_answer() -> None:
    """Nor is a draft before the last block."""
    thought = f"<think>{page(call(9, 9))}</think>{page(call(8, 8))}\nBetter:\n{page(call(7, 7))}"
    found = read_tests(problem(), Completion(thought), 9)
    assert found.tests == FunctionTests("add", (FunctionCase((7, 7), 0),))


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity", "9" * 5_000, "-" + "9" * 70_000])
def test_a_number_that_is_no_plain_data_spoils_its_case_alone(number: str) -> None:
    """Without end, or of more digits than Python reads."""
    text = page(call(7, 7), call(8, 8)).replace("[7, 7]", f"[{number}, 7]")
    found = read_tests(problem(), Completion(text), 9)
    assert found.refused == {"not_plain": 1}
    assert found.tests == FunctionTests("add", (FunctionCase((8, 8), 0),))


@pytest.mark.parametrize(
    "text",
    [
        page(call(7, 7)) + '\nwhere a case is\n```json\n{"args": [], "expected": 0}\n```',
        page(call(7, 7)) + "<|im_end|>",
        page(call(7, 7)) + " That is all.",
        '```json\n{"plan": "edge cases"}\n```\n' + page(call(7, 7)),
        page(call(7, 7)) + "\n```json\n[1, 2]\n```",
    ],
)
def test_the_block_with_cases_is_the_answer(text: str) -> None:
    """Whatever other blocks say, and whatever follows the last fence."""
    tests = read_tests(problem(), Completion(text), 9).tests
    assert tests == FunctionTests("add", (FunctionCase((7, 7), 0),))


@pytest.mark.parametrize("known", [None, "Solution().two", "two"])
@pytest.mark.parametrize("name", ["two", "Solution().two", "Solution.two"])
def test_a_method_is_called_without_its_object(known: str | None, name: str) -> None:
    """By its own name, or as the problem's own tests call it."""
    own = None if known is None else FunctionTests(known, (FunctionCase(([1], 2), 0),))
    asked = problem("class Solution:\n    def two(self, a: list[int], b: int = 0):", tests=own)
    found = read_tests(asked, Completion(page(call([3], 4), call(), function=name)), 9)
    assert found.refused == {"wrong_arity": 1}
    assert found.tests == FunctionTests(known or "two", (FunctionCase(([3], 4), 0),))


def test_ten_thousand_cases_are_as_many_as_were_asked_for() -> None:
    """And the rest is not even looked at."""
    found = read_tests(problem(), Completion(page(*(call(n, n) for n in range(5_000)))), 5)
    assert found.tests is not None
    assert len(found.tests.cases) == 5
    assert found.refused == {"surplus": 4_995}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Completion("I would test the empty list, and a negative number."), "no_json"),
        (Completion("```python\nassert add(1, 2) == 3\n```"), "no_json"),
        (Completion("[1, 2]"), "no_json"),
        (Completion("[" * 100_000), "no_json"),
        (Completion('{"cases": 1' + "0" * 5_000 + "}"), "other_form"),
        (
            Completion('{"function": "add", "cases": {"args"', finish_reason=FinishReason.LENGTH),
            "truncated",
        ),
        (Completion("", finish_reason=FinishReason.REFUSAL), "refused"),
        (Completion(page() + " " * MOST_REPLY_BYTES), "reply_too_large"),
        (Completion(page()), "no_cases"),
        (Completion(json.dumps({"function": "add"})), "other_form"),
        (Completion(page(call(1, 1), function="a b")), "other_form"),
        (Completion(page(call(1, 2, expected=9))), "contradicts_examples"),
    ],
)
def test_why_nothing_can_be_taken(reply: Completion, why: str) -> None:
    """Each in one word, which is counted."""
    found = read_tests(problem(), reply, 9)
    assert (found.tests, found.why_none) == (None, why)


def test_the_problems_own_tests_say_what_form_is_asked_for() -> None:
    """And no other is taken."""
    own = problem(tests=FunctionTests("add", (FunctionCase((1, 2), 3),)))
    assert "NAME" not in question(own, 5)[-1]["content"]
    program = page({"input": "1", "output": "1"}, function=None)
    assert read_tests(own, Completion(program), 9).why_none == "other_form"
    assert read_tests(own, Completion(page(call(1, 1), function="sub")), 9).why_none == "other_form"


def test_a_changed_example_of_a_program_is_seen() -> None:
    """By the blocks that the statement calls input and output."""
    text = page({"input": "x", "output": "x"}, {"input": "ab", "output": "abab"}, function=None)
    found = read_tests(problem(ECHO), Completion(text), 9)
    assert found.refused == {"contradicts_example": 1}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
FIELDS = st.sampled_from(["function", "cases", "args", "expected", "input", "output"])
PAGES = st.recursive(SCALARS, lambda inside: st.lists(inside) | st.dictionaries(FIELDS, inside))


def in_block(value: object) -> str:
    return f"```json\n{json.dumps(value)}\n```"


@given(st.text() | PAGES.map(in_block))
def test_no_reply_is_a_crash(text: str) -> None:
    """Whatever is taken can be written and read again, the same."""
    found = read_tests(problem(), Completion(text), 9)
    assert (found.tests is None) == bool(found.why_none)
    if found.tests is not None:
        assert forms.tests_of_text(forms.tests_text(found.tests)) == found.tests


def test_values_that_are_no_json_come_back_as_they_were() -> None:
    """A tuple, a set, a dict with numbers for keys: what answers return."""
    cases = (FunctionCase(((1, 2),), {3, 4}), FunctionCase(([],), {1: "a"}))
    assert forms.tests_of_text(forms.tests_text(FunctionTests("f", cases))) == FunctionTests(
        "f", cases
    )
    with pytest.raises(ValueError, match="no written tests"):
        forms.tests_of_text('{"function": "f"}')
