"""An answer that goes on where the problem's own code ends: the body alone of a function."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator

from pettingllms.judge.answer.extract import plain_answer
from pettingllms.judge.answer.fences import find_blocks
from pettingllms.judge.answer.python_source import defined_names, parse_python
from pettingllms.records import AssertTests, Problem

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_AT_THE_MARGIN = re.compile(r"^(?=\S)(?!\A)", re.MULTILINE)
_OTHER_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)


def completed(problem: Problem, text: str, entry_point: str, code: str | None) -> str | None:
    """The code that was found in an answer, if it defines the function; else the function with the
    answer as its body, where the problem shows how it begins and that is Python."""
    name = entry_point.rpartition(".")[2]
    tree = parse_python(code) if code is not None else None
    if tree is not None and defined_names(tree) & {name, entry_point.partition(".")[0]}:
        return code
    beginning = next(_beginnings(problem, name), None)
    if beginning is None:
        return code
    answer = plain_answer(text)
    bodies = [block.code for block in find_blocks(answer)] or [answer]
    return next((whole for body in bodies for whole in _wholes(*beginning, body)), code)


def _beginnings(problem: Problem, name: str) -> Iterator[tuple[str, str]]:
    """The code up to a function's body, and how far that is indented: in the setup of the tests, or
    in what is asked."""
    shown = [problem.tests.setup] if isinstance(problem.tests, AssertTests) else []
    for message in reversed(problem.messages):
        shown += [block.code for block in find_blocks(message["content"])]
    for code in shown:
        bare = f"{code.rstrip()}\n{' ' * 12}pass"
        tree = parse_python(code) or parse_python(bare)
        found = ast.walk(tree) if tree is not None else ()
        for function in (one for one in found if isinstance(one, _FUNCTIONS)):
            first = function.body[0].lineno
            if function.name == name and first > function.lineno:
                yield "\n".join(code.split("\n")[: first - 1]), " " * (function.col_offset + 4)


def _wholes(beginning: str, indent: str, body: str) -> Iterator[str]:
    """A first line may have lost its indentation on the way; what follows at the margin is no part
    of the function."""
    body = body.strip("\n")
    for lines in (body, f"{indent}{body.lstrip()}", _AT_THE_MARGIN.split(body)[0]):
        whole = f"{beginning}\n{textwrap.indent(textwrap.dedent(lines), indent)}"
        tree = parse_python(textwrap.dedent(lines))
        if tree is not None and _returns(tree.body) and parse_python(whole) is not None:
            yield whole


def _returns(body: Iterable[ast.AST]) -> bool:
    """Whether some statement gives a value back, of this function and none within."""
    for node in body:
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, _OTHER_SCOPES) and _returns(ast.iter_child_nodes(node)):
            return True
    return False
