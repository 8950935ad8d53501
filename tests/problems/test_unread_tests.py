"""A record that is read without tests, though it holds some, stops the reading."""

from __future__ import annotations

from typing import Any

import pytest

from pettingllms.errors import ProblemFileError
from pettingllms.problems import ReadingRules, check_problems, read_problems

from .conftest import ReadOne, Write
from .published import packed

PLAIN = {"prompt": "Sum two numbers."}
PAIR = {"input": "1", "output": "2"}
HIDDEN: dict[str, Any] = {
    "by name": {"unit_tests": "add 1 2"},
    "in camel case": {"hiddenTestCases": ["1 -> 2"]},
    "a checker": {"checker": "ncmp"},
    "what is expected": {"expected_output": "3"},
    "JSON text": {"extra": '{"cases": [{"stdin": "1", "stdout": "2"}]}'},
    "pairs by another name": {"samples": [PAIR]},
    "pairs under any name": {"zz": [PAIR]},
    "nested": {"extra_info": {"more": {"ground_truth": "3"}}},
    "in the metadata": {"metadata": {"tests": [PAIR]}},
    "in the metadata as text": {"metadata": '{"private_tests": ["x"]}'},
    "test code": {"blob": "import sys\n\ndef test_add():\n    pass\n"},
    "asserts": {"notes": "first\nassert add(1, 2) == 3\n"},
    "a unittest": {"extra": "class T(unittest.TestCase):\n    pass\n"},
    "of another language": {"driver": "int main() {\n  EXPECT_EQ(add(1, 2), 3);\n}\n"},
    "asserts as an answer": {"output": "assert add(1, 2) == 3\nassert add(0, 0) == 0\n"},
    "packed": {"blob": packed(["x" * 100])},
    "an answer to compare with": {"answer": "72"},
    "an answer at the end": {"answer": "First.\n#### 72"},
    "in Chinese": {"测试用例": "1 2 -> 3"},
}
HARMLESS: dict[str, Any] = {
    "counts": {"test_count": 3, "num_tests": "5"},
    "an empty list": {"unit_tests": []},
    "empty JSON text": {"unit_tests": "[]", "grader": "", "expected_output": None},
    "an answer in prose": {"answer": "Use sorted(), with a key.\nIt is stable."},
    "an answer": {"output": "def check_sum(a):\n    assert a > 0\n    return a\n"},
    "a chat": {"conversations": [{"from": "user", "value": "hi"}, {"from": "gpt", "value": "x"}]},
    "usage": {"usage": {"input": 12, "output": 40}},
    "a split": {"split": "test", "test_split": True},
    "prose": {"explanation": "The test asserts nothing.", "tags": ["dp", "testing"]},
    "a judgement": {"judge": "gpt", "evaluation": "good", "verified": "yes"},
}


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_tests_that_are_not_read_stop_the_reading(write: Write, hidden: dict[str, Any]) -> None:
    """Whatever they are called, and wherever they are; all three ways out are told."""
    path = write({"prompt": "Another one."}, PLAIN | hidden)
    with pytest.raises(ProblemFileError) as caught:
        check_problems([path])
    (name,) = hidden
    assert caught.value.message.startswith(f"{path}:2: no tests are read")
    assert f"`{name}" in caught.value.message
    for way in ("--map prompt=prompt,tests=", "--untested", "docs/problem-sets.md"):
        assert way in caught.value.remedy


@pytest.mark.parametrize("other", HARMLESS.values(), ids=HARMLESS)
def test_what_only_sounds_like_tests_does_not(read_one: ReadOne, other: dict[str, Any]) -> None:
    """Counts, splits, answers, chats and empty fields."""
    assert read_one(PLAIN | other).tests is None


def test_lists_side_by_side(write: Write) -> None:
    """What is given and what is expected may be apart; the way out names both."""
    path = write(PLAIN | {"stdin": '["1"]', "stdout": ["2"], "zz": 1})
    with pytest.raises(ProblemFileError) as caught:
        check_problems([path])
    assert "--map prompt=prompt,inputs=stdin,outputs=stdout" in caught.value.remedy


def test_untested_reads_them_all_the_same(write: Write) -> None:
    """With what was not read as metadata, where it is small."""
    path = write(PLAIN | HIDDEN["a checker"])
    (problem,) = read_problems([path], rules=ReadingRules(allows_untested=True))
    assert problem.tests is None
    assert problem.metadata["checker"] == "ncmp"


def test_several_fields_are_named(write: Write) -> None:
    """So that the user need not come back for each."""
    path = write(PLAIN | HIDDEN["a checker"] | HIDDEN["by name"])
    with pytest.raises(ProblemFileError, match=r"`unit_tests` .*, `checker` .* look like tests"):
        check_problems([path])


def test_what_is_there_is_counted_by_its_kind(write: Write) -> None:
    """For the plan, the doctor and the first line of a run."""
    path = write(
        PLAIN,
        {"prompt": "a", "tests": [PAIR]},
        {"prompt": "b", "tests": [PAIR]},
        {"prompt": "c", "tests": "assert f() == 1", "entry_point": "f"},
    )
    assert str(check_problems([path])) == (
        "4, 3 with tests (2 by standard input and output, 1 by Python test code), 1 without"
    )
    assert str(check_problems([path], limit=1)) == "1, none with tests"
