"""The answer as a module: tests import it by whatever name, or name it to what patches it."""

from __future__ import annotations

import ast
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

USUAL = {"solution", "answer", "submission", "main", "candidate", "your_module"}
_DOTTED = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\.([A-Za-z_]\w*)")


class Finder:
    """Finds the answer under `names`, once all others have found no module of that name."""

    def __init__(
        self, module: Callable[[], types.ModuleType], run_again: Callable[[], None]
    ) -> None:
        self._module = module
        self._run_again = run_again
        self._run: set[str] = set()
        self.names: set[str] = set()

    def offer(self, trees: Sequence[ast.AST], has: Callable[[], set[str]]) -> None:
        """Under the names that tests mean it by who import what the answer has, or patch that. What
        it has is asked for where it matters."""
        sys.meta_path.append(self)  # pyright: ignore[reportArgumentType]  # it is asked no more
        patched = [*_patched(trees)]
        wanted = [(name, of) for name, of in imported(trees) if not _is_pythons(name)]
        known = has() if patched or wanted else set[str]()
        meant = {*USUAL, *(name for name, of in patched if of in known)}
        for name, of in wanted:
            if name.rpartition(".")[2] in USUAL or (of and of <= known):
                meant.add(name)
        self.names = meant - {"__main__"}
        if any(name.partition(".")[0] == "__main__" for name, _ in patched):
            sys.modules["__main__"] = self._module()

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if not any(name == one or one.startswith(f"{name}.") for one in self.names):
            return None
        return ModuleSpec(name, self, is_package=self._is_package(name))  # pyright: ignore

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return None if self._is_package(spec.name) else self._module()

    def exec_module(self, module: types.ModuleType) -> None:
        """It has been run; who reloads it has it run once more."""
        name = module.__spec__.name if module.__spec__ else ""
        if name in self._run and not self._is_package(name):
            self._run_again()
        self._run.add(name)

    def _is_package(self, name: str) -> bool:
        return any(one.startswith(f"{name}.") for one in self.names)


def _is_pythons(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def imported(trees: Iterable[ast.AST]) -> Iterator[tuple[str, set[str]]]:
    """The modules that tests import, each with the names that they use of it."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, {alias.name for alias in node.names} - {"*"}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, set(_attributes(nodes, alias.asname or alias.name))


def _attributes(nodes: Iterable[ast.AST], module: str) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == module:
            yield node.attr


def _patched(trees: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Of `patch("solution.price")` the module and the name."""
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Constant(value=str(text)) if found := _DOTTED.fullmatch(text):
                yield found[1], found[2]
            case _:
                pass


def captures(trees: Sequence[ast.Module], name: str) -> bool:
    """Whether tests that define `name` themselves have the answer's in another way: by another
    name, or as an attribute of its module. Then their own is what the name means from there on."""
    body = [node for tree in trees for node in tree.body]
    own = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not own or any(isinstance(node, ast.Assert) for one in own for node in ast.walk(one)):
        return False
    return any(_is_capture(node, name) for tree in trees for node in ast.walk(tree))


def _is_capture(node: ast.AST, name: str) -> bool:
    match node:
        case ast.ImportFrom(names=names):
            return any(one.name == name and one.asname not in (None, name) for one in names)
        case ast.Attribute(value=ast.Name(), attr=attribute):
            return attribute == name
        case ast.Assign(targets=[ast.Name()], value=ast.Name(id=value)):
            return value == name
        case _:
            return False


def stand_in(name: str, find: Callable[[str], Any], met: Callable[[], None]) -> types.ModuleType:
    """A module whose names are found elsewhere, where none of them can be set."""

    class Module(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            try:
                return find(name)
            except NameError:
                raise AttributeError(name) from None

        def __setattr__(self, name: str, value: object) -> None:
            if name.startswith("__"):
                super().__setattr__(name, value)
            else:
                met()
                raise AttributeError(name)

    return Module(name)
