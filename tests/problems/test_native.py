from __future__ import annotations

from typing import Any

import pytest

from pettingllms.problems import read_problems
from pettingllms.records import (
    AssertTests,
    Comparison,
    FunctionCase,
    FunctionTests,
    StatedLimits,
    StdioCase,
    StdioTests,
)

from .conftest import Complain, ReadOne, Write

ADD = {"id": "add", "prompt": "Write `add(a, b)`, the sum of two numbers."}
CALLS = [{"args": [1, 2], "expected": 3}, {"args": [2**70, 1], "expected": None}]


def test_function_tests_keep_exact_integers_and_nulls(read_one: ReadOne) -> None:
    """args/expected pairs become calls of the entry point, JSON values untouched."""
    problem = read_one(ADD | {"tests": CALLS, "entry_point": "add"})
    cases = (FunctionCase((1, 2), 3), FunctionCase((2**70, 1), None))
    assert problem.tests == FunctionTests("add", cases)


def test_comparison_is_read(read_one: ReadOne) -> None:
    """`comparison` reaches the tests."""
    how = {"unordered": True, "float_tolerance": 0.5}
    problem = read_one(ADD | {"tests": CALLS, "entry_point": "add", "comparison": how})
    assert isinstance(problem.tests, FunctionTests)
    assert problem.tests.comparison == Comparison(0.5, unordered=True)


def test_a_tolerance_that_is_written_down_is_one_for_numbers(read_one: ReadOne) -> None:
    """Even where it is the default one, which else says nothing of how numbers are written."""
    for how in ({"float_tolerance": 1e-6}, {"numeric": True}, {"float_tolerance": 0.01}):
        tests = [{"input": "", "output": "1\n"}]
        problem = read_one({"prompt": "One.", "tests": tests, "comparison": how})
        assert isinstance(problem.tests, StdioTests)
        assert problem.tests.comparison.is_numeric, how
    assert not Comparison().is_numeric


def test_a_checker_and_limits_are_read(read_one: ReadOne) -> None:
    """Of programs and of functions; limits of Python test code too."""
    checker = "def check(given, expected, got):\n    return True\n"
    terms = {"limits": {"seconds": 1.5, "memory_mb": 64}}
    limits = StatedLimits(1.5, 64)
    tests = [{"input": "", "output": "1\n"}]
    program = read_one({"prompt": "One.", "tests": tests, "checker": checker} | terms)
    assert program.tests == StdioTests((StdioCase("", "1\n"),), checker=checker, limits=limits)
    function = read_one(
        ADD | {"tests": CALLS, "entry_point": "add", "checker": checker, "limits": {"seconds": 2}}
    )
    assert isinstance(function.tests, FunctionTests)
    assert (function.tests.checker, function.tests.limits) == (checker, StatedLimits(2.0))
    code = read_one(ADD | {"tests": "assert add(1, 2) == 3", "entry_point": "add"} | terms)
    assert isinstance(code.tests, AssertTests)
    assert code.tests.limits == limits


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"checker": "def check(:"}, "`checker` is not Python"),
        ({"checker": "x = 1", "comparison": {"exact": True}}, "both say what is right"),
        ({"limits": {"seconds": 0}}, "`limits.seconds`"),
        ({"limits": {"time": 1}}, "`limits.time`"),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    complaint: Complain, terms: dict[str, Any], said: str
) -> None:
    """Before anything is asked, naming the field."""
    record = {"prompt": "One.", "tests": [{"input": "", "output": "1\n"}]} | terms
    assert said in complaint(record)


def test_input_output_pairs_are_a_program(read_one: ReadOne) -> None:
    """input/output pairs become standard input and output, and the prompt says so."""
    problem = read_one({"prompt": "Add.", "tests": [{"input": "1 2\n", "output": "3\n"}]})
    assert problem.tests == StdioTests((StdioCase("1 2\n", "3\n"),))
    assert problem.messages[-1]["content"] == (
        "Add.\n\nRead from standard input and write to standard output."
    )


def test_several_outputs_and_values_may_be_right(read_one: ReadOne) -> None:
    """`alternatives` beside the first one."""
    pair = {"input": "4\n", "output": "2\n", "alternatives": ["-2\n"]}
    program = read_one({"prompt": "A root.", "tests": [pair]})
    assert program.tests == StdioTests((StdioCase("4\n", "2\n", ("-2\n",)),))
    call = {"args": [4], "expected": 2, "alternatives": [-2, [2, -2]]}
    function = read_one(ADD | {"tests": [call], "entry_point": "add"})
    assert function.tests == FunctionTests("add", (FunctionCase((4,), 2, (-2, [2, -2])),))


@pytest.mark.parametrize("tests", ["assert add(1, 2) == 3", ["assert add(1, 2) == 3"]])
def test_code_is_assert_tests(read_one: ReadOne, tests: Any) -> None:
    """Test code may be one text or a list of texts."""
    problem = read_one(ADD | {"tests": tests, "entry_point": "add"})
    assert problem.tests == AssertTests("add", ("assert add(1, 2) == 3",))


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("Sum two numbers.", "Sum two numbers.\n\nWrite a function named `add`."),
        ("Do not call it `adder`.\n", "Do not call it `adder`.\n\nWrite a function named `add`."),
        ("Write add(a, b).", "Write add(a, b)."),
    ],
)
def test_the_function_is_named_once(read_one: ReadOne, prompt: str, told: str) -> None:
    """A prompt that does not name the function gets a line that does; others stay as they are."""
    problem = read_one({"prompt": prompt, "tests": CALLS, "entry_point": "add"})
    assert problem.messages == ({"role": "user", "content": told},)


def test_stdio_is_not_said_twice(read_one: ReadOne) -> None:
    """A prompt that speaks of stdin stays as it is."""
    prompt = "Read two numbers from stdin."
    problem = read_one({"prompt": prompt, "tests": [{"input": "1", "output": "2"}]})
    assert problem.messages[-1]["content"] == prompt


def test_messages_and_system(read_one: ReadOne) -> None:
    """`system` leads, the turns follow with their reasoning, and the last one is asked."""
    turns = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hi.", "reasoning": "A greeting."},
        {"role": "user", "content": "Go on."},
    ]
    problem = read_one({"messages": turns, "system": "Be brief."})
    assert problem.messages == ({"role": "system", "content": "Be brief."}, *turns)


def test_everything_else_is_metadata(read_one: ReadOne) -> None:
    """Unknown fields and `metadata` are kept, with the shape as the source."""
    problem = read_one(ADD | {"tags": ["easy"], "metadata": {"level": 1}, "reference": "code"})
    assert problem.metadata == {"source": "native", "tags": ["easy"], "level": 1}
    assert problem.reference == "code"


def test_a_derived_id_is_stable(write: Write) -> None:
    """Without ids, adding and reordering records changes none of the derived ones."""
    one, two, three = ({"prompt": f"Task {number}"} for number in range(3))
    before = [p.id for p in read_problems([write(one, two, name="before.jsonl")])]
    after = [p.id for p in read_problems([write(three, two, one)])]
    assert len(set(after)) == 3
    assert after[::-1][:2] == before


@pytest.mark.parametrize(
    "tests",
    [
        [{"input": "1", "output": "1"}, {"input": "2", "output": "2", "public": True}],
        [{"args": [1], "expected": 1}, {"args": [2], "expected": 2, "public": True}],
    ],
)
def test_cases_may_be_public(write: Write, tests: list[dict[str, Any]]) -> None:
    """They come first, so that a repair turn is shown them alone; the others stay in order."""
    is_call = "args" in tests[0]
    record = {"prompt": "Write f.", "tests": [*tests, {**tests[0], "public": False}]}
    (problem,) = read_problems([write(record | ({"entry_point": "f"} if is_call else {}))])
    found = problem.tests
    assert isinstance(found, FunctionTests | StdioTests)
    assert found.public == 1
    first = found.cases[0]
    assert (first.args if isinstance(first, FunctionCase) else first.stdin) in ((2,), "2")
    assert found.cases[1] == found.cases[2]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tests": CALLS}, "`entry_point` is missing: name the function the tests call"),
        ({"tests": "assert add(1, 2) == 3"}, "`entry_point` is missing"),
        ({"tests": [*CALLS, "assert x"]}, "`tests` mixes args/expected with Python code"),
        ({"tests": []}, "`tests` is empty"),
        ({"tests": 3}, "`tests` is neither a list nor text"),
        ({"tests": [{"given": 1}]}, "`tests[0]` is in no known form"),
        ({"tests": [{"input": "1"}]}, "`tests[0].output`: Field required"),
        ({"tests": [{"input": "1", "output": 2}]}, "`tests[0].output`: Input should be a valid s"),
        ({"tests": [{"args": 1, "expected": 2}]}, "`tests[0].args`: Input should be a valid list"),
        ({"tests": ["assert ("], "entry_point": "f"}, "`tests[0]` is not Python at line 1"),
        ({"tests": ["x = 1"], "entry_point": "f", "comparison": {}}, "`comparison` has no say"),
        (
            {"tests": [{"input": "1", "output": "2"}], "entry_point": "f"},
            "`entry_point` names a function, but input/output tests run a whole program",
        ),
        ({"entry_point": "not a name"}, "`entry_point`: `not a name` cannot name a function"),
        ({"comparison": {"float_tolerance": -1}}, "`comparison.float_tolerance`: Input should"),
        ({"comparison": {"tolerance": 1}}, "`comparison.tolerance`: Extra inputs are not"),
        ({"prompt": " "}, "`prompt`: is blank"),
        ({"prompt": 3}, "`prompt`: Input should be a valid string"),
        ({"messages": [{"role": "user", "content": "x"}]}, "write either `prompt` or `messages`"),
        ({"test": "assert x"}, "has an unknown field `test`: is `tests` meant?"),
        ({"entrypoint": "f"}, "has an unknown field `entrypoint`: is `entry_point` meant?"),
    ],
)
def test_a_bad_record_is_told_apart(complaint: Complain, fields: dict[str, Any], said: str) -> None:
    """Each mistake has a message of its own, naming the field."""
    assert complaint(ADD | fields).startswith(said)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "`messages`: List should have at least 1 item"),
        ([{"role": "tool", "content": "x"}], "`messages[0].role`: Input should be"),
        ([{"role": "assistant", "content": "x"}], "`messages` must end with what the user asks"),
        (
            [{"role": role, "content": "x"} for role in ("user", "system", "user")],
            "a system message may only come first, and once",
        ),
    ],
)
def test_bad_messages(complaint: Complain, messages: Any, said: str) -> None:
    """A conversation must be one that a model can answer."""
    assert complaint({"messages": messages}).startswith(said)


def test_a_name_near_a_missing_field_only(read_one: ReadOne) -> None:
    """A field that resembles one the record has is no misspelling."""
    problem = read_one(ADD | {"tests": CALLS, "entry_point": "add", "test": "kept"})
    assert problem.metadata["test"] == "kept"
