"""How far messages reach: what assert-style tests look at that only one process can show.

Tests whose looks can be told from their text are not tried in a process of their own first: such a
try would fail, or, worse, hold for a wrong reason (`assert f() is not g()` of two copies).
"""

from __future__ import annotations

import ast
from collections.abc import Set

_NAMES = {
    *("capsys", "capfd", "monkeypatch", "mocker", "patch", "mock", "Mock", "MagicMock"),
    *("redirect_stdout", "redirect_stderr", "captured_output", "getsource", "signature"),
    *("id", "globals", "weakref", "inspect", "asyncio", "random", "tracemalloc", "builtins"),
    *("gc", "copy", "pickle", "threading", "OrderedDict", "IsolatedAsyncioTestCase"),
    *("warnings", "warns", "recwarn", "assertWarns", "assertWarnsRegex", "catch_warnings"),
    *("FunctionType", "LambdaType", "MethodType"),
    *("logging", "caplog", "assertLogs", "assertNoLogs"),
}
_ATTRIBUTES = {
    *("stdout", "stderr", "stdin", "environ", *_NAMES),
    *("__doc__", "__module__", "__class__", "__dict__", "__annotations__"),
}


def needs_one_process(tree: ast.Module, answer_names: Set[str]) -> bool:
    return any(_looks_closer(node, answer_names) for node in ast.walk(tree))


def _looks_closer(node: ast.AST, answer_names: Set[str]) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)]):
            return name in answer_names
        case ast.Name(id=name) | ast.arg(arg=name):
            return name in _NAMES
        case ast.Attribute(attr=name):
            return name in _ATTRIBUTES
        case ast.alias(name=name):
            return not _NAMES.isdisjoint(name.split("."))
        case ast.Compare(ops=ops, comparators=others):
            return any(
                isinstance(op, ast.Is | ast.IsNot) and not isinstance(other, ast.Constant)
                for op, other in zip(ops, others, strict=True)
            )
        case _:
            return isinstance(node, _ASYNCHRONOUS)


_ASYNCHRONOUS = (ast.Await, ast.AsyncFunctionDef, ast.AsyncWith, ast.AsyncFor)
