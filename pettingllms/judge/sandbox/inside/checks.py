"""What tests check: each assert, each call of a framework's, as it is reached and as it holds.

Test code gets a line before and one after each of its checks, so that a verdict hangs on checks
that were made: not on an exit status, not on an exception that nobody swallowed on its way.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from numbers import Number
from typing import Any, SupportsIndex

CHECKS = "__checks__"
_RAISING = {
    *("raises", "assertRaises", "assertRaisesRegex"),
    *("warns", "assertWarns", "assertWarnsRegex", "assertLogs"),
}


class Checks:
    """Which checks were reached, and which hold so far; `report` is told of each that holds the
    first time."""

    def __init__(self, report: Callable[[int], None] | None = None) -> None:
        self.nodes: list[ast.stmt] = []
        self.held: set[int] = set()
        self.current: int | None = None
        self._report = report
        self._open: dict[int, None] = {}
        self._reported: set[int] = set()

    def reached(self, index: int) -> None:
        self.current = index
        self.held.discard(index)
        self._open[index] = None

    def holds(self, index: int) -> None:
        self.held.add(index)
        self.current = None
        if isinstance(self.nodes[index], ast.With):
            self.excuse(self.opened_before(index))
        self._open.pop(index, None)
        if self._report is not None and index not in self._reported:
            self._reported.add(index)
            self._report(index)

    def opened_before(self, index: int) -> set[int]:
        """Those that were open when this one was reached."""
        inside = itertools.dropwhile(lambda one: one != index, self._open)
        return self._open.keys() - {*inside}

    def excuse(self, open_before: Iterable[int]) -> None:
        """Forgets the checks that were left by an exception which the tests wait for."""
        self._open = dict.fromkeys(one for one in self._open if one in {*open_before})

    @property
    def open(self) -> frozenset[int]:
        """Those that were reached and do not hold so far."""
        return frozenset(self._open)

    @contextmanager
    def awaited(self, index: int, manager: Any) -> Generator[Any]:
        """A `with` whose manager the tests have in a name: a check where it waits for an error."""
        waits = is_waiting(manager)
        if waits:
            self.reached(index)
        with manager as value:
            yield value
        if waits:
            self.holds(index)

    def last_words(self) -> str:
        """A check of its own, after all others."""
        return ""

    @property
    def swallowed(self) -> int | None:
        """A check that was reached and did not hold, though no exception ended the tests."""
        return min(self._open, default=None)

    @staticmethod
    def differs(left: Any, right: Any) -> bool:
        """`left != right`, where that says something: an object without an `__eq__` is unlike
        any value whatever, and so is an object that was returned by mistake."""
        for one, other in ((left, right), (right, left)):
            if type(one) in _PLAIN and type(other).__eq__ is object.__eq__:
                name = type(other).__name__
                raise AssertionError(f"an object of {name} is compared with a plain value")
        return left != right

    @staticmethod
    def number(value: Any) -> Any:
        """What is near a number is one itself, not an object that turns into any."""
        kind: type[Any] = type(value)  # pyright: ignore[reportUnknownVariableType]
        is_number = isinstance(value, Number | SupportsIndex) or kind.__module__ == "numpy"
        if not is_number and hasattr(kind, "__float__"):
            raise TypeError(f"must be real number, not {kind.__name__}")
        return value


_PLAIN = {bool, int, float, str, bytes, list, tuple, dict, set, frozenset}


class Instrument(ast.NodeTransformer):
    """Puts a line before and one after each check, which tell a `Checks`."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt] | ast.stmt:
        if isinstance(node.test, ast.Constant):
            return node
        return self.around(node)

    def visit_Expr(self, node: ast.Expr) -> list[ast.stmt] | ast.stmt:
        return self.around(node) if is_checking_call(node.value) else node

    def visit_With(self, node: ast.With) -> list[ast.stmt] | ast.stmt:
        self.generic_visit(node)
        if any(map(is_raising, node.items)):
            return self.around(node)
        if any(isinstance(item.context_expr, ast.Name) for item in node.items):
            self._await_named(node, self.number(node))
        return node

    def _await_named(self, node: ast.With, index: int) -> None:
        for item in node.items:
            if isinstance(item.context_expr, ast.Name):
                item.context_expr = _asked("awaited", ast.Constant(index), item.context_expr)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.stmt:
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> list[ast.stmt] | ast.stmt:
        """`if got != expected: raise ...`, or with `raise` in the place of `else`."""
        self.generic_visit(node)
        if _only_raises(node.body) and not node.orelse:
            return self._after(node, self.number(node))
        if _only_raises(node.orelse) and not isinstance(node.body[-1], ast.Raise):
            node.body[-1:] = self._after(node.body[-1], self.number(node))
        return node

    def _after(self, node: ast.stmt, index: int) -> list[ast.stmt]:
        return [node, self._told("holds", index, node)]

    def visit_Try(self, node: ast.Try) -> ast.stmt:
        """`try: f(); assert False` and then `except ValueError: pass`."""
        expects = bool(node.body) and _fails(node.body[-1])
        self.generic_visit(node)
        if expects:
            self._expect_in_handlers(node, self.number(node))
        return node

    def _expect_in_handlers(self, node: ast.Try, index: int) -> None:
        for handler in node.handlers:
            handler.body.append(self._told("holds", index, node))

    def number(self, node: ast.stmt) -> int:
        self._checks.nodes.append(node)
        return len(self._checks.nodes) - 1

    def around(self, node: ast.stmt) -> list[ast.stmt]:
        index = self.number(node)
        before, after = self._told("reached", index, node), self._told("holds", index, node)
        return [before, _Strict().visit(node) if isinstance(node, ast.Assert) else node, after]

    def _told(self, what: str, index: int, node: ast.stmt) -> ast.stmt:
        told = ast.Call(_of_checks(what), [ast.Constant(index)], [])
        return ast.copy_location(ast.Expr(told), node)


def is_checking_call(call: ast.expr) -> bool:
    """`self.assertEqual(...)`, `assert_allclose(...)`, `pytest.raises(Error, f, 1)`."""
    if not isinstance(call, ast.Call):
        return False
    name = called_name(call)
    return name.startswith("assert") or (name in _RAISING and len(call.args) > 1)


def is_waiting(manager: Any) -> bool:
    """Whether an object is what `is_raising` is said of."""
    kind: type[Any] = type(manager)  # pyright: ignore[reportUnknownVariableType]
    return kind.__module__ in _WAITING and "expected" in vars(manager)


_WAITING = ("unittest.case", f"{__package__}.framework")


def is_raising(item: ast.withitem) -> bool:
    """Whether a `with` waits for an exception."""
    call = item.context_expr
    return isinstance(call, ast.Call) and called_name(call) in _RAISING


def called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _only_raises(body: list[ast.stmt]) -> bool:
    return len(body) == 1 and isinstance(body[0], ast.Raise)


def _fails(node: ast.stmt) -> bool:
    match node:
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
        case ast.Raise():
            return True
        case ast.Expr(value=ast.Call() as call):
            return called_name(call) == "fail"
        case _:
            return False


class _Strict(ast.NodeTransformer):
    """Sends by way of a `Checks` what would hold of objects that say nothing."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.NotEq):
            return node
        return _asked("differs", node.left, *node.comparators)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if called_name(node) == "isclose":
            node.args = [_asked("number", arg) for arg in node.args]
        return node


def _asked(name: str, *args: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(_of_checks(name), [*args], []), args[-1])


def _of_checks(name: str) -> ast.expr:
    return ast.Attribute(ast.Name(CHECKS, ast.Load()), name, ast.Load())


def expected_of(node: ast.stmt) -> str:
    """What an assert compares with, in words."""
    match node:
        case ast.Assert(test=ast.Compare(ops=[ast.Eq()], comparators=[expected])):
            return ast.unparse(expected)
        case ast.Expr(value=ast.Call(args=[_, expected, *_]) as call) if "Equal" in called_name(
            call
        ):
            return ast.unparse(expected)
        case _:
            return ""
