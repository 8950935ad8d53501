"""Assert-style tests taken apart: what needs no code of the tests to be run.

Most published asserts say `f(1, 2) == 3`, or `not f(1)`, with literals. Such a claim is checked on
the host, with one process less; tests that hold anything else are run as the code they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NoReturn

from pettingllms.judge.answer.python_source import missing_names, parse_python
from pettingllms.judge.runners.equality import equals, has_truth, is_same
from pettingllms.judge.runners.reach import needs_one_process
from pettingllms.judge.sandbox.inside.plain import Wire
from pettingllms.judge.sandbox.libraries import imported_libraries
from pettingllms.records import AssertTests, FunctionTests, ProgramTests, StdioTests, Tests

Relation = Callable[[Wire, Any], bool]
ANSWER_NAMES = ("candidate", "entry_point")
"""What tests call the answer's function, beside its own name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That calling the answer with `args` gives what is in this relation to `expected`.

    `expected_source` is set where an equal value is expected.
    """

    args: tuple[Any, ...]
    relation: Relation
    expected: Any
    source: ast.Assert
    expected_source: ast.expr | None = None
    message: str = ""

    def holds(self, got: Wire) -> bool:
        """Raises: NotALiteralError where only Python itself can say."""
        return self.relation(got, self.expected)


@dataclass(frozen=True, slots=True)
class Anatomy:
    """`total` counts the asserts that say something, or else the snippets; `claims`, in the order
    they are reached, are the tests, or None; `needs_one_process` where it can be told without
    running them that no message carries what they look at."""

    total: int
    imports: tuple[str, ...]
    claims: tuple[Claim, ...] | None
    definitions: tuple[Definition, ...] = ()
    needs_one_process: bool = False

    def seen_by(self, code: str) -> tuple[str, ...]:
        """What an answer gets of its tests: the imports, and what the prompt defines for it, if it
        uses a name that it does not bind."""
        tree = parse_python(code) if self.definitions else None
        return self.imports if tree is None else (*self.imports, *self._wanted(tree))

    def _wanted(self, tree: ast.Module) -> Iterator[str]:
        by_name = {one.name: one for one in self.definitions}
        wanted: set[str] = set()
        missing = missing_names(tree) & by_name.keys()
        while missing:
            wanted |= missing
            needs = {need for name in missing for need in by_name[name].needs}
            missing = needs & by_name.keys() - wanted
        return (one.source for one in self.definitions if one.name in wanted)


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, class or constant that stands before the answer, as in a prompt."""

    name: str
    source: str
    needs: frozenset[str]


class _MoreThanClaimsError(Exception):
    """The tests do more than compare an answer's values with literals."""


@lru_cache(maxsize=1024)
def anatomy_of(tests: AssertTests) -> Anatomy:
    setup = _parse(tests.setup)
    snippets = [_parse(snippet) for snippet in tests.snippets]
    nodes = (node for tree in snippets for node in ast.walk(tree))
    asserts = sum(isinstance(node, ast.Assert) for node in nodes)
    names = {tests.entry_point, *ANSWER_NAMES}
    claims = _claims(setup, snippets, names)
    imports = (node for node in setup.body if isinstance(node, ast.Import | ast.ImportFrom))
    return Anatomy(
        len(claims or ()) or asserts or len(tests.snippets),
        tuple(map(ast.unparse, imports)),
        claims,
        tuple(_definitions(setup, tests.entry_point)),
        claims is None and any(needs_one_process(tree, names) for tree in (setup, *snippets)),
    )


def libraries_of(tests: Tests) -> frozenset[str]:
    """The known libraries without which these tests cannot be run, whatever the answer."""
    match tests:
        case AssertTests():
            texts = () if anatomy_of(tests).claims else (tests.setup, *tests.snippets)
        case FunctionTests() | StdioTests():
            texts = (tests.checker or "",)
        case ProgramTests():
            texts = ()
    return frozenset[str]().union(*map(imported_libraries, texts))


def with_own_helpers(tests: AssertTests, code: str) -> AssertTests | None:
    """The same tests with the answer's functions in the place of those that the prompt has and the
    tests use; None where the answer changes none of them."""
    setup, tree = _parse(tests.setup), parse_python(code)
    used = {name for snippet in tests.snippets for name in _WORD.findall(snippet)}
    given = {
        node.name: ast.dump(node)
        for node in setup.body
        if isinstance(node, ast.FunctionDef) and node.name in used - {tests.entry_point}
    }
    own = (node for node in tree.body if isinstance(node, ast.FunctionDef)) if tree else ()
    changed = {one.name for one in own if ast.dump(one) != given.get(one.name, ast.dump(one))}
    if not changed:
        return None
    left = [node for node in setup.body if getattr(node, "name", None) not in changed]
    left += ast.parse(f"from solution import {', '.join(sorted(changed))}").body
    return replace(tests, setup=ast.unparse(ast.Module(left, [])))


_WORD = re.compile(r"\w+")


def _definitions(setup: ast.Module, entry_point: str) -> Iterator[Definition]:
    for node in setup.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if name != entry_point:
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_literal(value):
                pass
            case _:
                continue
        yield Definition(name, ast.unparse(node), frozenset(missing_names(ast.Module([node], []))))


def _is_literal(node: ast.expr) -> bool:
    with suppress(_MoreThanClaimsError):
        _literal(node)
        return True
    return False


def _parse(source: str) -> ast.Module:
    """The statements of test code. What is no Python becomes no claim, and its own process
    reports it."""
    with suppress(SyntaxError, ValueError, RecursionError):
        return ast.parse(source)
    return ast.Module([ast.Raise()], [])


def _claims(
    setup: ast.Module, snippets: Iterable[ast.Module], names: set[str]
) -> tuple[Claim, ...] | None:
    reader = _Reader(names)
    try:
        for node in setup.body:
            if not isinstance(node, _WITHOUT_EFFECT):
                _check_says_nothing(node)
        claims = tuple(claim for tree in snippets for claim in reader.read(tree.body))
    except _MoreThanClaimsError:
        return None
    return None if reader.checks else claims


_WITHOUT_EFFECT = ast.Import | ast.ImportFrom | ast.FunctionDef


class _Reader:
    """Reads statements in the order they would run. Raises: _MoreThanClaimsError."""

    def __init__(self, names: set[str]) -> None:
        self._names = names
        self.checks: dict[str, ast.FunctionDef] = {}
        """The check functions that are defined, and not called yet."""

    def read(self, body: Iterable[ast.stmt]) -> Iterator[Claim]:
        for node in body:
            match node:
                case ast.Assert():
                    yield from _claimed(node, self._names)
                case ast.FunctionDef(name=name) if name not in self._names | self.checks.keys():
                    self.checks[name] = node
                case ast.Expr(
                    value=ast.Call(func=ast.Name(id=name), args=[ast.Name(id=answer)], keywords=[])
                ) if answer in self._names:
                    yield from self._called(name)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._check_assigned(name, value)
                case _:
                    _check_says_nothing(node)

    def _called(self, name: str) -> Iterator[Claim]:
        match self.checks.pop(name, None):
            case ast.FunctionDef(
                args=ast.arguments(
                    posonlyargs=[],
                    args=[ast.arg(arg=parameter)],
                    vararg=None,
                    kwonlyargs=[],
                    kwarg=None,
                    defaults=[],
                ),
                decorator_list=[],
                body=body,
            ):
                yield from _body_claims(body, self._names | {parameter})
            case _:
                _give_up()

    def _check_assigned(self, name: str, value: ast.expr) -> None:
        """As HumanEval's METADATA: a constant that no claim can read."""
        _literal(value)
        if name in self._names:
            _give_up()


def _body_claims(body: Iterable[ast.stmt], names: set[str]) -> Iterator[Claim]:
    for node in body:
        if isinstance(node, ast.Assert):
            yield from _claimed(node, names)
        else:
            _check_says_nothing(node)


def _check_says_nothing(node: ast.stmt) -> None:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            pass
        case _:
            _give_up()


def _give_up() -> NoReturn:
    raise _MoreThanClaimsError


def _claimed(node: ast.Assert, names: set[str]) -> Iterator[Claim]:
    message = "" if node.msg is None else str(_literal(node.msg))
    match node.test:
        case ast.Constant(value=True):
            return
        case ast.Compare(left=call, ops=[ast.Eq()], comparators=[expected]):
            value = _literal(expected)
            yield Claim(_arguments(call, names), equals, value, node, expected, message)
        case ast.Compare(left=call, ops=[ast.Is()], comparators=[ast.Constant(value=value)]):
            yield Claim(_arguments(call, names), is_same, value, node, message=message)
        case ast.UnaryOp(op=ast.Not(), operand=call):
            yield Claim(_arguments(call, names), has_truth, False, node, message=message)
        case call:
            yield Claim(_arguments(call, names), has_truth, True, node, message=message)


def _arguments(call: ast.expr, names: set[str]) -> tuple[Any, ...]:
    """Of a call of the answer."""
    match call:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in names:
            return tuple(map(_literal, args))
        case _:
            _give_up()


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        _give_up()
