"""Test code run as it was written: asserts, unittest's classes, pytest's functions.

It knows the answer by name only; whether that answer runs beside it or in a process of its own is
for those to say who find the names (see `tester` and `beside`).
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
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from . import framework
from .answer_modules import Finder, captures, imported
from .checks import CHECKS, Checks, Instrument, expected_of
from .collected import run_collected
from .plain import NotPlainError
from .written_tests import parse_tests

STANDARD = {**vars(collections), **vars(functools), **vars(itertools), **vars(math)}
ANSWER_NAMES = ("candidate", "entry_point")
MODULE, TESTS_FILE = "tests", "<tests>"
LOOK_UP = "_judge_look_up"
_PLAIN = {type(None), bool, int, float, str, bytes, list, tuple, dict, set}


class Answer(Protocol):
    """Where the answer's names are found."""

    def find(self, name: str) -> Any:
        """Raises NameError where it has none."""
        ...

    def names(self) -> set[str]:
        """Its global names."""
        ...

    def module(self) -> types.ModuleType:
        """The answer itself, or what stands for it."""
        ...

    def run_again(self) -> None:
        """As a module that is reloaded."""
        ...

    def raised(self, error: BaseException) -> bool:
        """Whether an exception that came out of the tests is the answer's own."""
        ...

    def told(self, error: BaseException) -> str:
        """Such an exception in words."""
        ...


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


@dataclass(frozen=True)
class Source:
    """Test code: what comes first, then the snippets, and the name of what is tested."""

    setup: str
    snippets: list[str]
    entry_point: str


class Examination:
    """One test's setup and snippets, run in one namespace."""

    def __init__(
        self,
        answer: Answer,
        source: Source,
        checks: Checks,
        instrument: Callable[[Checks, set[str]], Instrument] | None = None,
        *,
        is_beside: bool = False,
    ) -> None:
        self._answer = answer
        self._checks = checks
        self._snippets = source.snippets
        self._setup = ast.parse(source.setup)
        self._trees = parse_tests(source.snippets)
        self._entry_point = source.entry_point
        module = sys.modules[MODULE] = types.ModuleType(MODULE)
        self._namespace: dict[str, Any] = module.__dict__
        self._namespace |= {CHECKS: checks, LOOK_UP: answer.find}
        self._finder = Finder(answer.module, answer.run_again)
        self._top_level = _TopLevel(self._namespace)
        self._is_beside = is_beside
        self._rebound: set[str] = set()
        """Names of plain values of the answer's, which its functions may bind anew."""
        names = {*ANSWER_NAMES, self._entry_point, *self._free_names()}
        self._instrument = instrument(checks, names) if instrument else Instrument(checks)

    def run(self, *, to_the_end: bool = False) -> Findings:
        """Up to the first failure; `to_the_end`: whatever fails."""
        self._stand_in_for_modules()
        self._bind(_free_names([self._setup]))
        self._execute(self._instrumented(self._setup))
        self._bind_answer()
        counted = [self._instrumented(tree) for tree in self._trees]
        steps = [(lambda tree=tree: self._execute(tree)) for tree in counted]
        for position, step in enumerate([*steps, self._run_collected, self._run_last]):
            try:
                step()
            except BaseException as error:  # noqa: BLE001  # test code may raise anything
                if not to_the_end:
                    return self._failed(error, position)
        return self._passed()

    def _run_last(self) -> None:
        """What a `Checks` has to say at the end."""
        last = self._checks.last_words()
        if last:
            exec(last, self._namespace)  # noqa: S102  # lines of ours

    def _instrumented(self, tree: ast.Module) -> ast.Module:
        tree = self._instrument.visit(tree)
        names = self._rebound and self._rebound & self._free_names()
        return ast.fix_missing_locations(_LookedUp(names).visit(tree) if names else tree)

    def _free_names(self) -> set[str]:
        return _free_names([self._setup, *self._trees])

    def _stand_in_for_modules(self) -> None:
        """Modules that tests import and nobody has: pytest, and the answer's by whatever name."""
        trees = [self._setup, *self._trees]
        framework.stand_in({name.partition(".")[0] for name, _ in imported(trees)})
        self._finder.offer(trees, self._answer.names)

    def _bind_answer(self) -> None:
        answer = self._answer.find(self._entry_point)
        self._bind(_free_names(self._trees) - {self._entry_point})
        self._note(self._entry_point, answer)
        if self._is_beside:
            self._share_with_answer()
        for name in _self_naming_checks(self._trees):
            with suppress(NameError):
                self._namespace[name] = self._answer.find(name)
                self._top_level.answer_names.add(name)
        for name in (*ANSWER_NAMES, self._entry_point):
            self._namespace[name] = answer
        if not captures(self._trees, self._entry_point):
            self._top_level.answer_names.add(self._entry_point)

    def _share_with_answer(self) -> None:
        """What both define is one thing where both run in one process: its classes, and what it
        calls as Python calls something else."""
        both = set(self._defined_in([self._setup], ast.ClassDef)) & self._answer.names()
        for name in both | shadowed_builtins(self._snippets, self._answer):
            self._namespace[name] = self._answer.find(name)

    def _bind(self, names: set[str]) -> None:
        for name in names - self._namespace.keys() - {*ANSWER_NAMES}:
            with suppress(NameError):
                self._namespace[name] = value = self._find(name)
                self._note(name, value)

    def _note(self, name: str, value: object) -> None:
        if type(value) in _PLAIN and value is not STANDARD.get(name):
            self._rebound.add(name)

    def _find(self, name: str) -> object:
        """What a name means that the tests use and do not define: the answer's own, unless it
        names something of the standard library, which the answer must not replace; data of its own
        replaces no function: nothing is judged by that."""
        if name in sys.stdlib_module_names:
            return importlib.import_module(name)
        if name not in STANDARD:
            return self._answer.find(name)
        if callable(STANDARD[name]) and name in self._answer.names():
            own = self._answer.find(name)
            return own if type(own) in _PLAIN else STANDARD[name]
        return STANDARD[name]

    def _execute(self, tree: ast.Module) -> None:
        code = compile(tree, TESTS_FILE, "exec", dont_inherit=True)
        exec(code, self._namespace, self._top_level)  # noqa: S102  # what the sandbox is for

    def _run_collected(self) -> None:
        """What a framework would find: classes and functions that nobody called."""
        called = {name for tree in self._trees for node in tree.body for name in _called(node)}
        names = self._defined(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = {name: self._top_level.get(name, self._namespace.get(name)) for name in names}
        check = found.get("check")
        if "check" not in called and callable(check) and not isinstance(check, type):
            check(self._namespace[self._entry_point])
        tests = {name: value for name, value in found.items() if name not in called}
        run_collected(tests, self._namespace | self._top_level, self._checks)

    def _defined(self, *kinds: type[ast.stmt]) -> Iterator[str]:
        return self._defined_in([self._setup, *self._trees], *kinds)

    @staticmethod
    def _defined_in(trees: Iterable[ast.Module], *kinds: type[ast.stmt]) -> Iterator[str]:
        for node in (node for tree in trees for node in tree.body):
            if isinstance(node, kinds):
                yield node.name  # pyright: ignore  # kinds are definitions

    def _passed(self) -> Findings:
        checks = self._checks
        if not checks.held:
            total = len(checks.nodes)
            what = "no assert of the tests was reached" if total else "nothing in the tests checks"
            return Findings(0, total, "assert" if total else "broken", error=what)
        if checks.swallowed is not None:
            checks.current = checks.swallowed
            return self._failed(AssertionError("it failed, and the failure was swallowed"), 0)
        return Findings(len(checks.held), len(checks.held))

    def _failed(self, error: BaseException, position: int) -> Findings:
        checks = self._checks
        test, expected = self._snippets[min(position, len(self._snippets) - 1)], ""
        if checks.current is not None:
            node = checks.nodes[checks.current]
            test, expected = ast.unparse(node), expected_of(node)
        how = self._blame(error)
        text = str(error) if how == "assert" else f"{type(error).__name__}: {error}"
        if how == "raised":
            text = self._answer.told(error)
        return Findings(len(checks.held), len(checks.nodes), how, test, expected, text)

    def _blame(self, error: BaseException) -> str:
        if self._answer.raised(error):
            return "raised"
        if isinstance(error, NotPlainError | ImportError):
            return "error" if getattr(error, "name", None) in self._finder.names else "broken"
        return "assert" if isinstance(error, AssertionError) else "error"


def shadowed_builtins(snippets: Iterable[str], answer: Answer) -> set[str]:
    """Builtins that the tests use, and that the answer has one of its own of."""
    trees = [ast.parse(snippet) for snippet in snippets]
    used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used &= set(dir(builtins))
    return used & answer.names() if used else set()


class _LookedUp(ast.NodeTransformer):
    """Asks the answer for these names each time the tests read one."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._names or not isinstance(node.ctx, ast.Load):
            return node
        return ast.Call(ast.Name(LOOK_UP, ast.Load()), [ast.Constant(node.id)], [])


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


def _called(statement: ast.stmt) -> set[str]:
    """The names that a statement calls; a function is not called by calling its own name."""
    calls = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    names = {function.id for function in calls if isinstance(function, ast.Name)}
    return names - {statement.name} if isinstance(statement, ast.FunctionDef) else names


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
