"""What can be learned of an answer's code by parsing it."""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_ALWAYS_THERE = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__"}


def parse_python(code: str) -> ast.Module | None:
    """Not to be changed by anybody: it may be handed out again."""
    return parsed(code)[0]


@lru_cache(maxsize=64)
def parsed(code: str) -> tuple[ast.Module | None, SyntaxError | None]:
    """The tree, or the syntax error; neither where the parser gives up."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code), None
    except SyntaxError as error:
        return None, error.with_traceback(None)
    except (ValueError, RecursionError, MemoryError):
        return None, None


def defines_or_imports(tree: ast.Module) -> bool:
    return any(isinstance(node, _DEFINITIONS + _IMPORTS) for node in tree.body)


def defined_names(tree: ast.Module) -> set[str]:
    """Top-level names, and the methods of `class Solution`."""
    names: set[str] = set()
    for node in _statements(tree.body):
        names |= set(_bound(node))
        if isinstance(node, ast.ClassDef) and node.name == "Solution":
            names |= defined_names(ast.Module(node.body, []))
    return names


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Those that run when a module is loaded, in branches too."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For):
            yield from _statements(node.body)
        if isinstance(node, ast.If | ast.Try):
            yield from _statements(node.orelse)


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, _IMPORTS):
        yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        inner = (part for target in targets for part in ast.walk(target))
        yield from (part.id for part in inner if isinstance(part, ast.Name))


def imported_modules(tree: ast.Module) -> set[str]:
    """The first part of each module that is imported, anywhere."""
    nodes = list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def missing_names(tree: ast.Module) -> set[str]:
    """What the code uses and neither binds anywhere nor finds among the builtins."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.stmt):
            bound.update(_bound(node))
    return used - bound - _ALWAYS_THERE


def is_stub_of(tree: ast.Module, name: str) -> bool:
    """Whether `name` is defined, and nothing done in it: a signature that is shown again."""
    bodies = [
        node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    return bool(bodies) and all(all(map(_does_nothing, body)) for body in bodies)


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=ast.Constant(value=value)):
            return value is ...
        case ast.Raise(
            exc=ast.Name(id="NotImplementedError")
            | ast.Call(func=ast.Name(id="NotImplementedError"))
        ):
            return True
        case _:
            return False
