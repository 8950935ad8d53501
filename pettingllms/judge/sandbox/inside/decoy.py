"""Tests whose checks cannot hold, for an answer that was judged right beside its tests.

An answer that shares a process with its tests could pass without being right: by an object that
equals everything, by patching what compares, by reading the expected value where it stands. So it
is run once more against tests that look the same and expect something else. What honest code
computes meets none of them; where a check holds all the same, the answer passes judgement on
itself. Numbers are moved one way by the first decoy and the other way by the second, since a
bound (`f(3) < 50`) may hold in one of them rightly.
"""

from __future__ import annotations

import ast
import copy
import datetime
import math
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .checks import CHECKS, Checks, Instrument, called_name, is_raising, is_waiting

STEP = 1_000_003  # a prime: no small modulus takes a number moved so far for the same
MARK = "\u2060~"
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: a == b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
}
_BY_NAME = {kind.__name__: compare for kind, compare in _COMPARED.items()}
_CLOSE = {
    *("isclose", "approx", "allclose", "array_equal", "fsum", "dist"),
    *("startswith", "endswith", "issubset", "issuperset", "isdisjoint"),
}
_OPPOSITES = {
    "assertTrue": "assertFalse",
    "assertIsNone": "assertIsNotNone",
    "assertIsInstance": "assertNotIsInstance",
    "assertIs": "assertIsNot",
}
_OPPOSITE = _OPPOSITES | {other: one for one, other in _OPPOSITES.items()}
_NEGATIVE = (ast.NotEq, ast.NotIn, ast.IsNot)


class Never(Exception):  # noqa: N818  # it is never raised
    """What a decoy waits for in the place of an exception."""


class NeverWarned(Warning):
    """The same for a warning."""


class Sentinel:
    """Equal to nothing but itself, and in nothing."""


class DecoyChecks(Checks):
    """Checks that ought not to hold; those that do are reported."""

    Never, NeverWarned = Never, NeverWarned

    def __init__(self, report: Callable[[int], None], direction: int) -> None:
        super().__init__(report)
        self._direction = direction

    def last_words(self) -> str:
        """Holds in no Python where an assert is still an assert."""
        return (
            f"try:\n  assert ()\n  {CHECKS}.holds({len(self.nodes)})\nexcept AssertionError: pass"
        )

    def other(self, value: Any) -> Any:
        return another(value, self._direction)

    @contextmanager
    def awaited(self, index: int, manager: Any) -> Generator[Any]:
        waits = is_waiting(manager)
        if waits:
            manager = copy.copy(manager)
            manager.expected = Never
        with suppress(BaseException):
            with manager as value:
                yield value
            if waits:
                self.holds(index)

    def compare(self, operator: str, left: Any, right: Any) -> Any:
        """Compares with another value on the side that is plain data."""
        if operator == "In" or (not _is_plain(right) and _is_plain(left)):
            left = self.other(left)
        else:
            right = self.other(right)
        return _BY_NAME[operator](left, right)


def another(value: Any, direction: int) -> Any:
    """A value of the same kind that equals it in nothing. Parts of a container are changed, so
    that one among them which equals everything is found out."""
    kind: type[Any] = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is bool:
        return not value
    if kind in _NUMBERS:
        is_finite = kind is not float or math.isfinite(value)
        return value + direction * STEP if is_finite else 0.5 * direction
    if kind in (str, bytes):
        return value + (MARK if kind is str else MARK.encode())
    if kind is dict:
        return {key: another(item, direction) for key, item in value.items()} or {MARK: MARK}
    if kind in _CONTAINERS:
        return kind([another(item, direction) for item in value] or [MARK])
    return _another_object(value, direction)


def _another_object(value: Any, direction: int) -> Any:
    if value is None:
        return MARK
    if type(value) in (datetime.date, datetime.datetime):
        with suppress(OverflowError):
            return value + datetime.timedelta(days=direction * 9973)
    if type(value).__module__ == "numpy":
        with suppress(Exception):
            return value + direction * STEP
    return Sentinel()


_NUMBERS: set[type[Any]] = {int, float, complex, Decimal, Fraction}
_CONTAINERS: set[type[Any]] = {list, tuple, set, frozenset, deque}


def _is_plain(value: Any) -> bool:
    return value is None or type(value) in _NUMBERS | _CONTAINERS | {bool, str, bytes, dict}


class Decoys(Instrument):
    """Makes each check another one, under the same number, after which the tests go on."""

    def __init__(self, checks: Checks, direction: int, answer_names: set[str]) -> None:
        super().__init__(checks)
        self._direction = direction
        self._answer_names = answer_names

    def around(self, node: ast.stmt) -> list[ast.stmt]:
        index = self.number(node)
        match node:
            case ast.Assert():
                other = self._another_assert(node)
            case ast.Expr(value=ast.Call() as call):
                other = self._another_call(node, call)
            case ast.With():
                other = _waiting_for_another(node)
            case _:
                other = None
        tells = [] if other is None else ast.parse(f"{CHECKS}.holds({index})").body
        (attempt,) = ast.parse("try: pass\nexcept BaseException: pass").body
        assert isinstance(attempt, ast.Try)  # noqa: S101  # for the type checker
        attempt.body = [other or node, *tells]
        return [ast.copy_location(attempt, node)]

    def _after(self, node: ast.stmt, index: int) -> list[ast.stmt]:
        """What raises by itself is left as it is."""
        return [node]

    def _expect_in_handlers(self, node: ast.Try, index: int) -> None:
        """As is what handles an exception."""

    def _another_assert(self, node: ast.Assert) -> ast.Assert:
        change = _Change(self._direction, self._answer_names)
        test = change.visit(_copied(node.test))
        if change.is_negative or not change.has_changed:
            test = ast.UnaryOp(ast.Not(), node.test)
        return ast.Assert(test)

    def _another_call(self, node: ast.Expr, call: ast.Call) -> ast.stmt | None:
        name = called_name(call)
        if name in _OPPOSITE and isinstance(call.func, ast.Attribute):
            function = ast.Attribute(call.func.value, _OPPOSITE[name], ast.Load())
            return ast.Expr(ast.Call(function, call.args, call.keywords))
        if "aises" in name or name == "raises":
            return ast.Expr(ast.Call(call.func, [_never(), *call.args[1:]], call.keywords))
        if len(call.args) < 2 or "Not" in name or "not" in name:
            return None
        change = _Change(self._direction, self._answer_names)
        first, second, *rest = call.args
        at_first = name == "assertIn" or change.is_constant(first)
        changed = change.other(first if at_first else second)
        pair = [changed, second] if at_first else [first, changed]
        return ast.Expr(ast.Call(call.func, [*pair, *rest], call.keywords))


def _waiting_for_another(node: ast.With) -> ast.With:
    items = [
        ast.withitem(_raising_never(item.context_expr), item.optional_vars)
        if is_raising(item)
        else item
        for item in node.items
    ]
    return ast.With(items, node.body)


def _raising_never(call: ast.expr) -> ast.expr:
    """Of `with raises(Error)` or its like: for what nobody raises, warns of or logs."""
    assert isinstance(call, ast.Call)  # noqa: S101  # for the type checker
    name = called_name(call)
    if name == "assertLogs":
        waited_for: ast.expr = ast.Constant(MARK)
    else:
        waited_for = _never("NeverWarned" if "arns" in name else "Never")
    named = [one for one in call.keywords if one.arg not in _WHAT_IS_AWAITED]
    return ast.Call(call.func, [waited_for, *call.args[1:]], named)


_WHAT_IS_AWAITED = {"expected_exception", "expected_warning", "exception", "warning", "logger"}


def _never(kind: str = "Never") -> ast.expr:
    return ast.parse(f"{CHECKS}.{kind}", mode="eval").body


def _copied(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


class _Change(ast.NodeTransformer):
    """Changes what an assert compares with; leaves alone what it gives to the answer."""

    def __init__(self, direction: int, answer_names: set[str]) -> None:
        self._direction = direction
        self._answer_names = answer_names
        self.has_changed = False
        self.is_negative = False

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.is_negative |= any(isinstance(one, _NEGATIVE) for one in node.ops)
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARED:
            return node
        left, right = node.left, node.comparators[0]
        if self.is_constant(right) and not isinstance(node.ops[0], ast.In):
            return self._against_constant(left, node.ops[0], right)
        if self.is_constant(left):
            self.has_changed = True
            return ast.Compare(self.other(left), node.ops, [right])
        return self._against_computed(left, node.ops[0], right)

    def _against_computed(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
        """Moved once: of `f() == approx(3)` the 3, or else a side when both are known. Both
        sides moved by the same step would be as near as before."""
        self.has_changed = False
        left, right = self.visit(left), self.visit(right)
        if self.has_changed:
            return ast.Compare(left, [operator], [right])
        self.has_changed = True
        function = ast.parse(f"{CHECKS}.compare", mode="eval").body
        return ast.Call(function, [ast.Constant(type(operator).__name__), left, right], [])

    def _against_constant(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
        """Of `abs(f(3) - 4.5) < 1e-6` the 4.5 is moved, and nothing else."""
        self.has_changed = False
        left = self.visit(left)
        if not self.has_changed or isinstance(operator, ast.Eq):
            right = self.other(right)
        self.has_changed = True
        return ast.Compare(left, [operator], [right])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.is_negative |= isinstance(node.op, ast.Not)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if not isinstance(node.op, ast.Sub | ast.Add):
            self.generic_visit(node)
            return node
        left, right = node.left, node.right
        if self.is_constant(right) != self.is_constant(left):
            self.has_changed = True
            if self.is_constant(right):
                return ast.BinOp(self.visit(left), node.op, self.other(right))
            return ast.BinOp(self.other(left), node.op, self.visit(right))
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if self._calls_answer(node):
            return node
        if called_name(node) not in _CLOSE:
            self.generic_visit(node)
            return node
        self.has_changed = True
        args = [arg if self._mentions_answer(arg) else self.other(arg) for arg in node.args]
        return ast.Call(node.func, args, node.keywords)

    def _calls_answer(self, call: ast.Call) -> bool:
        return isinstance(call.func, ast.Name) and call.func.id in self._answer_names

    def _mentions_answer(self, node: ast.expr) -> bool:
        names = (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
        return not self._answer_names.isdisjoint(names)

    @staticmethod
    def is_constant(node: ast.expr) -> bool:
        with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            ast.literal_eval(node)
            return True
        return False

    def other(self, node: ast.expr) -> ast.expr:
        """Another constant where it is one, so that the right one stands nowhere."""
        if self.is_constant(node):
            with suppress(ValueError, SyntaxError, TypeError):
                changed = another(ast.literal_eval(node), self._direction)
                return ast.parse(repr(changed), mode="eval").body
        function = ast.parse(f"{CHECKS}.other", mode="eval").body
        return ast.Call(function, [node], [])
