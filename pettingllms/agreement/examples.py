"""The examples that a statement gives, read from its words: `f([1, 2])` returns `3`, and the like.

What is read is what is plain: a call of literals, a word or sign that says what comes out, and a
literal; of programs, a block that is called input and one that is called output. Whatever else a
statement says in examples is not seen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, cast

from pettingllms.records import FunctionCase, FunctionTests, Problem, StdioCase, StdioTests, Tests

_MOST_CALL = 2_000
"""Characters of one call, or one value."""
_MOST_EXAMPLES = 50
_SAYS = re.compile(
    r"[`\"]?\s*(?:#\s*)?(?:(?:will|should|must|would)\s+)?"
    r"(?:returns?|gives?|equals?|is|evaluates to|outputs?|==|=>|->|→|➞|=)\s*:?\s*[`\"]?"
    r"|\s*\n(?:\s*(?:Output|Result|Returns?)\s*:)?\s*",
    re.IGNORECASE,
)
_OPENING, _CLOSING = "([{", ")]}"
_SCALAR = re.compile(r"[-+]?[\w.]*\w")
_PROGRAM = re.compile(
    r"input\b[^\n`]{0,60}\n\s*```[^\n]*\n(?P<input>.*?)\n?```"
    r"[^`]{0,200}?output\b[^\n`]{0,60}\n\s*```[^\n]*\n(?P<output>.*?)\n?```",
    re.IGNORECASE | re.DOTALL,
)


def examples_of(problem: Problem, tests: Tests) -> tuple[FunctionCase | StdioCase, ...]:
    """The examples of the problem's statement that are of the same kind as `tests`."""
    text = "\n".join(message["content"] for message in problem.messages)
    match tests:
        case FunctionTests(entry_point=name):
            found: Iterator[FunctionCase | StdioCase] = _calls(text, name)
        case StdioTests():
            pairs = ((match["input"], match["output"]) for match in _PROGRAM.finditer(text))
            found = (StdioCase(f"{given}\n", f"{told}\n") for given, told in pairs)
        case _:
            return ()
    return tuple(case for case, _ in zip(found, range(_MOST_EXAMPLES), strict=False))


def _calls(text: str, name: str) -> Iterator[FunctionCase | StdioCase]:
    for call in re.finditer(rf"(?<![\w.]){re.escape(name)}\s*(?=\()", text):
        given = _enclosed(text, call.end())
        says = given and _SAYS.match(text, call.end() + len(given))
        value = says and _literal_at(text, says.end())
        args: object = _literal(f"{given[:-1]},)" if given != "()" else given)
        if value and isinstance(args, tuple):
            yield FunctionCase(cast("tuple[Any, ...]", args), ast.literal_eval(value))


def _enclosed(text: str, start: int) -> str:
    """The text from the bracket at `start` to the one that closes it; "" where none does."""
    depth, quote, position = 0, "", start
    while position < min(len(text), start + _MOST_CALL):
        sign = text[position]
        if quote:
            position += sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        else:
            depth += (sign in _OPENING) - (sign in _CLOSING)
            if depth == 0:
                return text[start : position + 1]
        position += 1
    return ""


def _literal_at(text: str, start: int) -> str | None:
    """The source of the value that stands there; None where it is no literal."""
    first = text[start : start + 1]
    if first and first in _OPENING:
        source = _enclosed(text, start)
    elif first and first in "\"'":
        closing = re.compile(r"(?:\\.|[^\\\n])*?" + first).match(text, start + 1)
        source = first + closing[0] if closing else ""
    else:
        scalar = _SCALAR.match(text, start)
        source = scalar[0] if scalar else ""
    return source if source and _literal(source) is not _NONE else None


_NONE: Any = object()


def _literal(source: str) -> Any:
    """What the literal says; `_NONE` where it is none."""
    try:
        return ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return _NONE
