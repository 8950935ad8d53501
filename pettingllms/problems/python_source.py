"""What can be learned from Python source by parsing it; nothing here runs any."""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from typing import cast

from pettingllms.problems.record import UnusableRecordError, digits_of


def parse(source: str, field: str) -> ast.Module:
    """The syntax tree. Raises UnusableRecordError, naming `field`, when there is none."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source)
    except SyntaxError as error:
        place = f"line {error.lineno}: {error.msg}"
        raise UnusableRecordError(f"`{field}` is not Python at {place}") from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise UnusableRecordError(f"`{field}` is not Python: {error}") from error


def is_python(source: str) -> bool:
    try:
        parse(source, "")
    except UnusableRecordError:
        return False
    return True


def unfenced(text: str) -> str:
    """The last Markdown block, where there is one: code comes at the end."""
    blocks = _BLOCK.findall(text) if "```" in text else []
    return blocks[-1] if blocks else text


_BLOCK = re.compile(r"^```[^\n`]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def called_functions(tree: ast.Module) -> list[str]:
    """The names that `tree` calls as functions, builtins aside, the outermost calls first."""
    return [
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and not hasattr(builtins, node.func.id)
    ]


def defined_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """The functions that `tree` defines at its top."""
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def last_function(stub: str) -> str | None:
    """The name that a stub ends with, of a function or a method; its body may be missing."""
    names = _DEFINED.findall(stub)
    return names[-1] if names else None


_DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)


def before_docstring(stub: str) -> str:
    """`stub` up to the body of its last function: imports, helpers and the signature."""
    functions = defined_functions(parse(stub, "prompt"))
    lines = stub.splitlines(keepends=True)
    return "".join(lines[: functions[-1].body[0].lineno - 1]) if functions else stub


def python_literal(value: object) -> str:
    """JSON data as Python writes it, integers of any length too."""
    if isinstance(value, list):
        return f"[{', '.join(map(python_literal, cast('list[object]', value)))}]"
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return f"{{{', '.join(f'{key!r}: {python_literal(item)}' for key, item in items)}}}"
    if isinstance(value, int) and not isinstance(value, bool):
        return digits_of(value)
    return repr(value)
