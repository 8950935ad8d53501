"""Wrong programs made of a right one."""

from __future__ import annotations

import ast

from pettingllms.agreement.mutants import mutants
from pettingllms.problems import bundled, read_problems

CODE = "def f(a, b):\n    if a < b and b > 3:\n        return a + 1\n    return b - a"


def test_each_changes_one_thing() -> None:
    """And all are programs, different from one another and from the right one."""
    found = mutants(CODE, 99)
    assert len(set(found)) == len(found) > 8
    assert ast.unparse(ast.parse(CODE)) not in found
    for expected in ("if a <= b and b > 3", "a < b or b > 3", "return a - 1", "return None"):
        assert any(expected in mutant for mutant in found), expected
    for mutant in found:
        ast.parse(mutant)


def test_so_many_at_most_spread_over_the_program() -> None:
    """Not only of its first lines."""
    few = mutants(CODE, 4)
    assert len(few) == 4
    assert set(few) <= set(mutants(CODE, 99))
    assert few != mutants(CODE, 99)[:4]


def test_what_is_no_python_has_none() -> None:
    """No error either."""
    assert mutants("int main() { return 0; }", 5) == []
    assert mutants("", 5) == []


def test_the_bundled_references_have_some() -> None:
    """Of each kind of program."""
    problems = read_problems((str(bundled.problems_file()),))
    assert all(len(mutants(problem.reference or "", 10)) > 1 for problem in problems)
