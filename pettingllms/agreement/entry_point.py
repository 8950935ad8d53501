"""Answers that name their function as they like, since the statement gives no name."""

from __future__ import annotations

import ast

from pettingllms.problems.prompts import mentions
from pettingllms.problems.python_source import defined_functions
from pettingllms.records import FunctionTests, Problem, Tests
from pettingllms.records.languages import PYTHON


def as_called(problem: Problem, code: str, tests: Tests) -> str:
    """The code, with its one function that no other of it calls under the name by which the tests
    call it too; as it is where the statement gives that name, or the code has it, or it cannot be
    told which function is meant."""
    if not isinstance(tests, FunctionTests) or problem.language not in (None, PYTHON):
        return code
    name = tests.entry_point
    if mentions(name, problem.messages):
        return code
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    functions = defined_functions(tree)
    if any(function.name == name for function in functions):
        return code
    called = {name for function in functions for name in _calls_of_others(function)}
    free = [function.name for function in functions if function.name not in called]
    return f"{code}\n\n{name} = {free[0]}\n" if len(free) == 1 else code


def _calls_of_others(function: ast.FunctionDef) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.id for call in calls if isinstance(call, ast.Name)} - {function.name}
