"""Python test code as it is published: a `check`, pytest functions, a unittest class, asserts."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pettingllms.problems.python_source import called_functions, defined_functions, parse
from pettingllms.problems.record import UnusableRecordError
from pettingllms.records import AssertTests

_CHECK = "check"
_SOLUTION_MODULES = frozenset({"solution", "main", "answer", "submission"})


def code_tests(
    snippets: Sequence[str], function: str | None, field: str, setup: str = ""
) -> AssertTests:
    """`function` is what an answer defines; where it is not known, what the tests import from
    `solution` or call first.

    Raises: UnusableRecordError for code that does not parse, or checks nothing.
    """
    places = [field if len(snippets) == 1 else f"{field}[{i}]" for i in range(len(snippets))]
    trees = [parse(code, place) for code, place in zip(snippets, places, strict=True)]
    if not any(map(_checks_something, trees)):
        raise UnusableRecordError(
            f"`{field}` checks nothing: no assert, no test function, no unittest.TestCase"
        )
    name = function or function_under_test(trees)
    if name is None:
        raise UnusableRecordError(f"`{field}` calls no function that an answer could define")
    calls = [f"{_CHECK}({name})"] if _needs_a_call(trees, snippets) else []
    return AssertTests(name, (*snippets, *calls), setup)


def function_under_test(trees: Sequence[ast.Module], defined: Sequence[str] = ()) -> str | None:
    """What the tests import from the answer; else what they call first, preferably one of
    `defined`."""
    imported = (name for tree in trees for name in _imported_from_answer(tree))
    functions = [function for tree in trees for function in defined_functions(tree)]
    own = {function.name for function in functions}
    own |= {argument.arg for function in functions for argument in function.args.args}
    asserted = (name for tree in trees for name in _called_in_tests(tree) if name not in own)
    passed = (name for tree in trees for name in _passed_to_check(tree) if name not in own)
    names = [*imported, *asserted, *passed]
    return next(filter(set(defined).__contains__, names), None) or next(iter(names), None)


def _imported_from_answer(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in _SOLUTION_MODULES:
            yield from (alias.name for alias in node.names if alias.name != "*")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from [node.attr] if node.value.id in _SOLUTION_MODULES else []


def _passed_to_check(tree: ast.Module) -> Iterator[str]:
    """`add` of `check(add)`, and `name` of `check(Solution().name)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            given = node.args[0]
            is_name = node.func.id == _CHECK and isinstance(given, ast.Name | ast.Attribute)
            yield from [ast.unparse(given).rpartition(".")[2]] if is_name else []


def _called_in_tests(tree: ast.Module) -> Iterator[str]:
    """Those of asserts first: what comes before them may only prepare."""
    asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    for node in asserts:
        yield from called_functions(ast.Module([node], []))
    yield from called_functions(tree)


def _checks_something(tree: ast.AST) -> bool:
    """Looks into each statement before the next one: the first check is mostly near the start."""
    left = [tree]
    while left:
        node = left.pop()
        if _is_check(node):
            return True
        left.extend(reversed([*ast.iter_child_nodes(node)]))
    return False


def _is_check(node: ast.AST) -> bool:
    match node:
        case ast.Assert() | ast.Raise():
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name.startswith(("assert", "raises", "fail"))
        case _:
            return False


def _needs_a_call(trees: Sequence[ast.Module], snippets: Sequence[str]) -> bool:
    """Whether a `check(candidate)` is defined that nothing calls. Mostly its name stands once."""
    checks = [f for tree in trees for f in defined_functions(tree) if f.name == _CHECK]
    takes_one = any(len(check.args.args) - len(check.args.defaults) == 1 for check in checks)
    if not takes_one or sum(code.count(f"{_CHECK}(") for code in snippets) == 1:
        return takes_one
    return not any(_CHECK in called_functions(tree) for tree in trees)
