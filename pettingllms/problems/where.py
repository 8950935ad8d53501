"""Choosing problems by what is known of them: `difficulty in ("easy", "medium") and rating < 1500`.

An expression of Python's grammar, of which only comparisons, `and`, `or`, `not`, names of fields,
plain values and a few functions are known; it is looked at node by node, and never run.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pettingllms.problems.record import UnusableRecordError

_LONGEST = 2_000
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, container: value in container,
    ast.NotIn: lambda value, container: value not in container,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "len": lambda value: len(value or ()),
    "lower": lambda value: str(value or "").lower(),
    "number": lambda value: None if value is None else float(value),
}
_GRAMMAR = (
    'Compare fields with values, as in: difficulty in ("easy", "medium") and rating < 1500.'
    " There are and, or, not, in, nested fields as meta.level, len(), lower() and number()."
)


class WhereError(ValueError):
    """What is wrong with an expression, and in `remedy` what may be in one."""

    remedy = _GRAMMAR


@dataclass(frozen=True, slots=True)
class Where:
    """Holds for a problem whose fields make the expression true. A field that a problem does not
    have is None, and no order holds for it."""

    text: str
    tree: ast.expr

    @classmethod
    def of(cls, text: str) -> Where:
        """Raises: WhereError."""
        if len(text) > _LONGEST:
            raise WhereError(f"is longer than {_LONGEST:,} characters")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise WhereError(f"is no expression: {error}") from error
        _check(tree)
        return cls(text, tree)

    def __call__(self, fields: Mapping[str, Any]) -> bool:
        """Raises: UnusableRecordError where values cannot be compared."""
        try:
            return bool(_value(self.tree, fields))
        except (TypeError, ValueError) as error:
            raise UnusableRecordError(f"--where {self.text!r} fails: {error}") from error


def _check(node: ast.expr) -> None:
    """Raises: WhereError for what is not in the grammar."""
    if isinstance(node, ast.Name) or _is_plain(node):
        return
    for part in _parts(node):
        _check(part)


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None)


def _parts(node: ast.expr) -> list[ast.expr]:
    """The expressions inside one that is in the grammar."""
    match node:
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            return parts
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=inner) | ast.Attribute(value=inner):
            return [inner]
        case ast.Subscript(value=inner, slice=ast.Constant()):
            return [inner]
        case ast.Compare(left=left, comparators=rights):
            return [left, *rights]
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _FUNCTIONS:
            return [inner]
        case _:
            raise WhereError(f"may not hold `{ast.unparse(node)}`")


def _value(node: ast.expr, fields: Mapping[str, Any]) -> Any:
    """Of an expression in the grammar."""
    match node:
        case ast.Constant(value=value):
            result: Any = value
        case ast.Name(id=name):
            result = fields.get(name)
        case ast.Attribute(value=inner, attr=key):
            result = _part(_value(inner, fields), key)
        case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
            result = _part(_value(inner, fields), key)
        case ast.Compare():
            result = _compared(node, fields)
        case _:
            result = _computed(node, fields)
    return result


def _computed(node: ast.expr, fields: Mapping[str, Any]) -> Any:
    match node:
        case ast.BoolOp(op=op, values=parts):
            holds = (bool(_value(part, fields)) for part in parts)
            return all(holds) if isinstance(op, ast.And) else any(holds)
        case ast.UnaryOp(op=op, operand=inner):
            value = _value(inner, fields)
            return not value if isinstance(op, ast.Not) else -value
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return _FUNCTIONS[name](_value(inner, fields))
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [_value(part, fields) for part in parts]
        case _:
            raise AssertionError(ast.dump(node))


def _compared(node: ast.Compare, fields: Mapping[str, Any]) -> bool:
    left = _value(node.left, fields)
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = _value(comparator, fields)
        if isinstance(op, _ORDERED) and (right is None or left is None):
            return isinstance(op, ast.NotIn)
        if not _COMPARISONS[type(op)](left, right):
            return False
        left = right
    return True


def _part(value: Any, key: object) -> Any:
    """Of an object or list; None where there is no such part."""
    if isinstance(value, dict):
        return cast("dict[object, Any]", value).get(key)
    if isinstance(value, list) and isinstance(key, int):
        items = cast("list[Any]", value)
        return items[key] if -len(items) <= key < len(items) else None
    return None
