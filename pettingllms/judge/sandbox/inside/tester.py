"""The process of an assert-style test: runs the test code, asks the answer through the host.

What the test code calls is a stand-in; the answer runs elsewhere and only plain data comes back.
An object that has no plain form comes back as a `Remote`, which may not pass judgement on a value
of the tests' own: an answer that cannot compute 41.5 could still return an object that claims to
be 41.5, to begin with it, to exceed it, or to be nothing apart from it.
"""

from __future__ import annotations

import ast
import builtins
import collections
import functools
import importlib
import itertools
import math
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from .channel import Channel
from .plain import NotPlainError, Wire, decode, encode, refuse, refuse_handle

TALLY = "__tally__"
LOOP_ENDS = (StopIteration, StopAsyncIteration)  # would quietly end a `map` of the tests'
JUDGEMENTS = {"startswith", "endswith", "issubset", "issuperset", "isdisjoint"}
STANDARD = {**vars(collections), **vars(functools), **vars(itertools), **vars(math)}


class AnswerError(Exception):
    """The answer raised something that is no built-in Exception, or sent no plain data."""


class Link:
    """Asks the answer's process to do something, one request at a time."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.last_raised: BaseException | None = None

    def ask(self, operation: str, on: object, *args: object, **kwargs: object) -> Any:
        """The outcome of an operation on `on`. Raises what the answer raised, as a built-in."""
        request = {
            "operation": operation,
            "on": encode(on, _handle_of),
            "args": [encode(arg, _handle_of) for arg in args],
            "kwargs": {name: encode(arg, _handle_of) for name, arg in kwargs.items()},
        }
        return self._outcome(request)

    def find(self, name: str) -> Any:
        """The value of one of the answer's globals. Raises NameError where it has none."""
        return self._outcome({"operation": "value", "on": {"name": name}, "args": [], "kwargs": {}})

    def _outcome(self, request: Wire) -> Any:
        self._channel.send({"ask": request})
        reply = self._channel.receive()
        if "raised" in reply:
            self.last_raised = _rebuild(reply["raised"])
            raise self.last_raised
        try:
            return decode(reply["value"], self._resolve)
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            self.last_raised = AnswerError(f"what it returned is not plain data: {error}")
            raise self.last_raised from error

    def _resolve(self, tag: str, payload: Any) -> object:
        return Remote(self, payload) if tag == "object" else refuse_handle(tag, payload)


class Remote:
    """An object of the answer's. Two of them compare and compute as the answer says; with a value
    of the tests' own it is unequal, and there is no order and no arithmetic."""

    __slots__ = ("_handle", "_link")

    def __init__(self, link: Link, handle: Wire) -> None:
        self._link = link
        self._handle = handle

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._link.ask("call", self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in JUDGEMENTS or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        return self._link.ask("getattr", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in Remote.__slots__:
            object.__setattr__(self, name, value)
        else:
            self._link.ask("setattr", self, name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and self._link.ask("eq", self, other) is True

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return str(self._handle[1])


def _ask_for(operation: str) -> Callable[..., Any]:
    def method(self: Remote, *args: object) -> Any:
        return self._link.ask(operation, self, *args)  # pyright: ignore[reportPrivateUsage]

    return method


def _ask_for_two(operation: str) -> Callable[[Remote, object], Any]:
    ask = _ask_for(operation)
    return lambda self, other: ask(self, other) if isinstance(other, Remote) else NotImplemented


for _make, _operations in (
    (_ask_for, ("len", "str", "bool", "iter", "getitem", "setitem", "delitem", "neg")),
    (_ask_for_two, ("lt", "le", "gt", "ge", "add", "sub", "mul", "truediv")),
):
    for _operation in _operations:
        setattr(Remote, f"__{_operation}__", _make(_operation))


def _handle_of(value: object) -> Wire:
    if isinstance(value, Remote):
        return {"object": value._handle}  # pyright: ignore[reportPrivateUsage]
    return refuse(value)


def _rebuild(raised: Any) -> Exception:
    for name in raised["types"]:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind not in LOOP_ENDS:
            try:
                return kind(raised["message"])
            except TypeError:
                break
    return AnswerError(f"{raised['types'][0]}: {raised['message']}")


@dataclass
class Tally:
    """Which asserts of the test code were reached, and which of them hold so far."""

    asserts: list[ast.Assert] = field(default_factory=list[ast.Assert])
    held: set[int] = field(default_factory=set[int])
    current: int | None = None

    def reached(self, index: int) -> None:
        self.current = index
        self.held.discard(index)

    def holds(self, index: int) -> None:
        self.held.add(index)
        self.current = None


class _CountAsserts(ast.NodeTransformer):
    """Puts a line before and one after each assert, which tell the tally."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        index = len(self._tally.asserts)
        self._tally.asserts.append(node)
        before, after = ast.parse(f"{TALLY}.reached({index})\n{TALLY}.holds({index})").body
        return [ast.copy_location(before, node), node, ast.copy_location(after, node)]


def _expected(test: ast.expr) -> str:
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        return ast.unparse(test.comparators[0])
    return ""


def _free_names(trees: Iterable[ast.AST]) -> set[str]:
    loaded: set[str] = set()
    bound = set(dir(builtins))
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                loaded.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name):
                bound.add(name)
            case ast.alias(name=name, asname=alias):
                bound.add((alias or name).split(".")[0])
            case _:
                pass
    return loaded - bound


def _self_naming_checks(trees: Iterable[ast.Module]) -> set[str]:
    """Functions `check(candidate)` that call `check`: in MBPP 56 the answer has a `check` too."""
    return {
        check.name
        for tree in trees
        for check in tree.body
        if isinstance(check, ast.FunctionDef)
        and [arg.arg for arg in check.args.args] == ["candidate"]
        and any(isinstance(node, ast.Name) and node.id == check.name for node in ast.walk(check))
    }


class _TopLevel(dict[str, Any]):
    """The local names of the tests' top level: their globals, but for the answer's names.

    So a test function may bear the answer's name; the code inside it still means the answer.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__()
        self._namespace = namespace
        self.answer_names: set[str] = set()

    def __setitem__(self, name: str, value: object) -> None:
        if name in self.answer_names:
            super().__setitem__(name, value)
        else:
            self._namespace[name] = value

    def __delitem__(self, name: str) -> None:
        if name in self:
            super().__delitem__(name)
        else:
            del self._namespace[name]


@dataclass
class Findings:
    """What the host is told. `how` is "" when all held, else "assert", "raised", "error", "broken".

    `raised` means that the answer's own exception came out of the test code, `broken` that the
    tests could not be run whatever the answer.
    """

    passed: int
    total: int
    how: str = ""
    test: str = ""
    expected: str = ""
    error: str = ""


class Examination:
    """One test's setup and snippets, run in one namespace."""

    def __init__(self, link: Link, setup: str, snippets: list[str], entry_point: str) -> None:
        self._link = link
        self._tally = Tally()
        self._snippets = snippets
        self._setup = ast.parse(setup)
        self._trees = [ast.parse(snippet) for snippet in snippets]
        self._entry_point = entry_point
        self._namespace: dict[str, Any] = {"__name__": "tests", TALLY: self._tally}
        self._top_level = _TopLevel(self._namespace)

    def run(self) -> Findings:
        self._execute(self._setup)
        self._bind_answer()
        counter = _CountAsserts(self._tally)
        counted = [ast.fix_missing_locations(counter.visit(tree)) for tree in self._trees]
        for position, tree in enumerate(counted):
            try:
                self._execute(tree)
            except BaseException as error:  # noqa: BLE001  # test code may raise anything
                return self._failed(error, position)
        return self._passed()

    def _bind_answer(self) -> None:
        answer = self._link.find(self._entry_point)
        names = _free_names(self._trees) - self._namespace.keys()
        for name in names - {"candidate", "entry_point", self._entry_point}:
            with suppress(NameError):
                self._namespace[name] = self._find(name)
        for name in _self_naming_checks(self._trees):
            with suppress(NameError):
                self._namespace[name] = self._link.find(name)
                self._top_level.answer_names.add(name)
        for name in ("candidate", "entry_point", self._entry_point):
            self._namespace[name] = answer
        self._top_level.answer_names.add(self._entry_point)

    def _find(self, name: str) -> object:
        """What a name means that the tests use and do not define: the answer's own, unless it
        names something of the standard library, which the answer must not replace."""
        if name in sys.stdlib_module_names:
            return importlib.import_module(name)
        return STANDARD[name] if name in STANDARD else self._link.find(name)

    def _execute(self, tree: ast.Module) -> None:
        code = compile(tree, "<tests>", "exec", dont_inherit=True)
        exec(code, self._namespace, self._top_level)  # noqa: S102  # what the sandbox is for

    @property
    def _has_asserts(self) -> bool:
        return bool(self._tally.asserts)

    def _passed(self) -> Findings:
        if not self._has_asserts:
            return Findings(len(self._trees), len(self._trees))
        if not self._tally.held:
            total = len(self._tally.asserts)
            return Findings(0, total, how="assert", error="no assert of the tests was reached")
        return Findings(len(self._tally.held), len(self._tally.held))

    def _failed(self, error: BaseException, position: int) -> Findings:
        test, expected = self._snippets[position], ""
        if self._tally.current is not None:
            node = self._tally.asserts[self._tally.current]
            test, expected = ast.unparse(node), _expected(node.test)
        passed, total = len(self._tally.held), len(self._tally.asserts)
        if not self._has_asserts:
            passed, total = position, len(self._trees)
        how = self._blame(error)
        text = str(error) if how == "assert" else f"{type(error).__name__}: {error}"
        return Findings(passed, total, how, test, expected, text)

    def _blame(self, error: BaseException) -> str:
        if error is self._link.last_raised:
            return "raised"
        if isinstance(error, NotPlainError | ImportError):
            return "broken"
        return "assert" if isinstance(error, AssertionError) else "error"


def serve(channel: Channel) -> None:
    """Runs one examination and tells the host how it went."""
    request = channel.receive()
    link = Link(channel)
    try:
        findings = Examination(link, **request).run()
    except BaseException as error:  # noqa: BLE001  # what fails outside the snippets is the tests'
        how = "raised" if error is link.last_raised else "broken"
        findings = Findings(0, 0, how, error=f"{type(error).__name__}: {error}")
    channel.send({"done": asdict(findings)})
