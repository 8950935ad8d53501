"""Checkers as data sets publish them: which parameter is which is told by names, or refused."""

from __future__ import annotations

import pytest

from pettingllms.problems.checkers import read_checker
from pettingllms.problems.record import UnusableRecordError

SIGNATURES = {
    "check(given, expected, got)": "got",
    "check(a, b, c)": "c",
    "check(input, output, answer)": "output",
    "check(input, output, expected)": "output",
    "check(input, expected, output)": "output",
    "check(input_str, expected_str, answer)": "answer",
    "check(inp, out, ans)": "out",
    "check(expected_output, actual_output, input_data)": "actual_output",
    "check(input, output, got)": "got",
    "check(process_output, judge_output, judge_input, **kwargs)": "process_output",
    "check(given, expected, got, eps=1e-6)": "got",
    "checker(inp, user_output, jury)": "user_output",
    "is_valid(input, output)": "output",
    "verify_colors(output, answer)": "output",
    "is_valid(input_data, output_data)": "output_data",
    "check(input_lines, expected_lines, output_lines)": "output_lines",
    "check(*, input, expected, output)": "output",
    "check(output, *, expected, given=None)": "output",
    "check(input, *, answer, output)": "output",
}


@pytest.mark.parametrize("signature", SIGNATURES)
def test_the_answers_output_is_told_by_its_name(signature: str) -> None:
    """Whatever the function is called, and in whatever order its parameters come."""
    source = read_checker(f"def {signature}:\n    return {SIGNATURES[signature]}\n", "checker")
    names: dict[str, object] = {}
    exec(source, names)
    check = names["check"]
    assert callable(check)
    assert check("asked", "right", "answered") == "answered"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def check(a, b): return True", "which parameter"),
        ("def check(*, a, b): return True", "which parameter"),
        ("def check(x): return True", "which parameter"),
        ("def check(a, b, c, d): return True", "which parameter"),
        ("def check(got, actual, input): return True", "which parameter"),
        ("def check(input, expected): return True", "which parameter"),
        ("x = 1", "defines no function"),
        ("def f(a): pass\ndef g(b): pass", "defines no function"),
        ("def check(:", "is not Python"),
    ],
)
def test_a_checker_that_leaves_it_open_is_refused(source: str, said: str) -> None:
    """Before anything is asked: it might call each answer right."""
    with pytest.raises(UnusableRecordError, match=said):
        read_checker(source, "checker")


@pytest.mark.parametrize(
    "source",
    [
        "def check(given, expected, got):\n    return True\n",
        "import sys\nprint(open(sys.argv[3]).read())",
        "check = lambda given, expected, got: True",
    ],
)
def test_what_the_judge_calls_stays_as_it_is(source: str) -> None:
    """In the form that is documented, or a script."""
    assert read_checker(source, "checker") == source
