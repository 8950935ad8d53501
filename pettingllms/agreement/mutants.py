"""Wrong programs made of a right one: one operator, constant, condition or bound changed in each.

What comes out may still be right (an equivalent mutant): only tests that fail it say otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from typing import Any

_SWAPS: dict[type[ast.AST], Any] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Add, ast.Mod: ast.FloorDiv, ast.FloorDiv: ast.Mod, ast.Div: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def mutants(code: str, most: int) -> list[str]:
    """At most `most` of them, all different, spread over the program; none where it is not
    Python."""
    try:
        tree = ast.parse(code)
        found = [one for one in dict.fromkeys(_mutations(tree)) if one != ast.unparse(tree)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    step = max(1, -(-len(found) // most))
    return list(islice(found[::step], most))


def _mutations(tree: ast.Module) -> Iterator[str]:
    for place, node in enumerate(ast.walk(tree)):
        if _can_change(node):
            copy = deepcopy(tree)
            _change(next(islice(ast.walk(copy), place, None)))
            yield ast.unparse(ast.fix_missing_locations(copy))


def _can_change(node: ast.AST) -> bool:
    match node:
        case ast.Compare(ops=[op, *_]):
            return type(op) in _SWAPS
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op):
            return type(op) in _SWAPS
        case ast.Constant(value=value):
            return type(value) is int
        case ast.If() | ast.IfExp():
            return not isinstance(node.test, ast.Constant)
        case ast.Return(value=value):
            return value is not None and not isinstance(value, ast.Constant)
        case _:
            return False


def _change(node: ast.AST) -> None:
    match node:
        case ast.Compare():
            node.ops[0] = _SWAPS[type(node.ops[0])]()
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp():
            node.op = _SWAPS[type(node.op)]()
        case ast.Constant(value=int(value)):
            node.value = value + 1
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Return():
            node.value = ast.Constant(None)
        case _:
            pass
