"""Answers that are the body of a function alone, as completions of HumanEval's prompts are."""

from __future__ import annotations

import pytest

from pettingllms.judge.answer.completion import completed
from pettingllms.judge.answer.extract import extract_code
from pettingllms.problems.prompts import fenced, user, with_starter_code
from pettingllms.records import AssertTests, FunctionCase, FunctionTests, Problem

STUB = 'import math\n\n\ndef add(a, b):\n    """Adds.\n    >>> add(1, 2)\n    3\n    """\n'
METHOD = "class Solution:\n    def add(self, a, b):\n        "
CASES = FunctionTests("add", (FunctionCase((7, 3), 10),))
ASSERTS = AssertTests("add", ("assert add(7, 3) == 10",), setup=STUB)
PROBLEMS = {
    "the setup of the tests": Problem("p", user("Add."), ASSERTS),
    "a block of the prompt": Problem("p", user(f"Add.\n\n{fenced(STUB)}"), CASES),
    "a signature without a body": Problem("p", user("Begin:\n```\ndef add(a, b):\n```"), CASES),
    "starter code": Problem("p", with_starter_code("Add.", METHOD), CASES),
}
BODIES = {
    "as it goes on": "    return a + b\n",
    "at the margin": "t = a\nt += b\nreturn t",
    "its first line at the margin": "t = a\n    t += b\n    return t",
    "in a block": "The body:\n```python\n    return a + b\n```\nDone.",
    "with an import": "    import operator\n    return operator.add(a, b)",
    "with a function of its own": "    def plus(x):\n        return x + b\n    return plus(a)",
    "with tests after it": "    return a + b\n\n\nassert add(1, 2) == 3\n",
    "the whole function": "```python\ndef add(a, b):\n    return a + b\n```",
}


def code_of(problem: Problem, text: str) -> str | None:
    return completed(problem, text, "add", extract_code(text, "add"))


@pytest.mark.parametrize("where", PROBLEMS)
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_alone(where: str, kind: str) -> None:
    """It goes where the problem's own code ends."""
    text = BODIES[kind]
    if where == "starter code" and kind == "its first line at the margin":
        text = text.replace("\n    ", "\n        ")
    names: dict[str, object] = {}
    exec(code_of(PROBLEMS[where], text) or "", names)
    add = names.get("add") or getattr(names.get("Solution", object)(), "add", None)  # type: ignore
    assert callable(add)
    assert add(7, 3) == 10


@pytest.mark.parametrize(
    "text",
    [
        "I cannot do that.",
        "Done",
        "a + b",
        "import math",
        "```python\ndef plus(a, b):\n    return 1\n```",
    ],
)
@pytest.mark.parametrize("where", PROBLEMS)
def test_what_is_no_body(where: str, text: str) -> None:
    """Nothing is made of it that gives something back by the function's name."""
    assert code_of(PROBLEMS[where], text) == extract_code(text, "add")
