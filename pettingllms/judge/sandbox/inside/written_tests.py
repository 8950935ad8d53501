"""Test code as it is run here: what it says of modules and of the script that it would be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_LEAVING = {"exit", "quit"}


def parse_tests(sources: list[str]) -> list[ast.Module]:
    """Raises SyntaxError."""
    trees = [_Meant().visit(ast.parse(source)) for source in sources]
    defined = {node.name for tree in trees for node in tree.body if isinstance(node, _DEFINITIONS)}
    return [_as_script(tree, defined) for tree in trees]


class _Meant(ast.NodeTransformer):
    """`check(check)` gives the answer called `check` to the tests' own function of that name, and
    `from .solution import check` names a module that stands beside the tests."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given)]) if name == given:
                node.args = [ast.copy_location(ast.Name("candidate", ast.Load()), node)]
            case _:
                pass
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        if node.module is None:
            return ast.copy_location(ast.Import(node.names), node)
        node.level = 0
        return node


def _as_script(tree: ast.Module, defined: set[str]) -> ast.Module:
    """With what stands under `if __name__ == "__main__"` where that calls what the tests define:
    nothing else may. Leaving the script is left out; who tells of failures by that raises."""
    for node in tree.body:
        if isinstance(node, ast.If) and _is_main_guard(node.test) and defined & {*_calls(node)}:
            node.test = ast.copy_location(ast.Constant(True), node.test)
            node.body = [_Staying().visit(one) for one in node.body]
    return tree


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(
            left=ast.Name(id="__name__"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value="__main__")],
        ):
            return True
        case _:
            return False


def _calls(guard: ast.If) -> Iterator[str]:
    for node in ast.walk(guard):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name
            case _:
                pass


class _Staying(ast.NodeTransformer):
    """`sys.exit(main())` calls `main`, no more."""

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        self.generic_visit(node)
        match node.exc:
            case ast.Call(func=ast.Name(id="SystemExit"), args=args):
                return ast.copy_location(ast.Expr(args[0] if args else ast.Constant(None)), node)
            case ast.Name(id="SystemExit"):
                return ast.copy_location(ast.Pass(), node)
            case _:
                return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node.func:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="sys"), attr=name) if (
                name in _LEAVING
            ):
                return ast.copy_location(node.args[0] if node.args else ast.Constant(None), node)
            case _:
                return node


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
