"""Finds the code in a model's answer. Pure text work; nothing is run.

Reasoning before `</think>` is not the answer. Of several fenced blocks the last that defines the
entry point is taken; without one, the last that does more than call something. An answer without
fences is code when all of it parses and it defines or imports something.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

PYTHON_LABELS = frozenset({"python", "py", "python3", "py3", "python2", "pycon", "sage"})
_FENCE_LINE = re.compile(r"^[^\S\n]*(?:`{3}|~{3}).*$", re.MULTILINE)
_OPENING = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<label>[^\s`{]*)[^`]*")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class _Block:
    """One fenced block; `tree` is None where it is not Python."""

    label: str
    code: str
    tree: ast.Module | None

    def defines(self, name: str) -> bool:
        if self.tree is not None:
            return name in _defined_names(self.tree)
        pattern = rf"^(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b"
        return re.search(pattern, self.code, re.MULTILINE) is not None

    @property
    def has_substance(self) -> bool:
        """Whether it defines, imports or reads something: more than an example of use."""
        return self.tree is not None and (
            _defines_or_imports(self.tree) or re.search(r"\b(input|stdin)\b", self.code) is not None
        )


def extract_code(text: str, entry_point: str | None = None) -> str | None:
    """The Python in an answer, or None; `entry_point` is what it must define, if known."""
    answer = without_reasoning(text.replace("\r\n", "\n"))
    blocks = [
        _Block(label, code, parse_python(code)) for label, code in _fenced(answer) if code.strip()
    ]
    labelled = [block for block in blocks if block.label in PYTHON_LABELS]
    bare = [block for block in blocks if not block.label and block.tree is not None]
    wanted = entry_point.split(".")[0] if entry_point else None
    chosen = _choose(labelled or bare, blocks, wanted)
    if chosen is not None or blocks:
        return chosen.code if chosen else None
    return _unfenced(answer)


def fence_labels(text: str) -> set[str]:
    """What the fenced blocks of an answer say they hold, in lower case."""
    answer = without_reasoning(text.replace("\r\n", "\n"))
    return {label for label, code in _fenced(answer) if code.strip()}


def _choose(
    python: Sequence[_Block], blocks: Sequence[_Block], wanted: str | None
) -> _Block | None:
    if wanted is not None:
        for block in reversed(blocks):
            if block.label in (*PYTHON_LABELS, "") and block.defines(wanted):
                return block
    parsed = [block for block in python if block.tree is not None]
    substantial = [block for block in parsed if block.has_substance]
    for preference in (substantial, parsed, python):
        if preference:
            return preference[-1]
    return None


def without_reasoning(text: str) -> str:
    _, closed, answer = text.rpartition("</think>")
    if closed:
        return answer
    return text.partition("<think>")[0] if text.lstrip().startswith("<think>") else text


def _fenced(text: str) -> Iterator[tuple[str, str]]:
    """Label and code of each block; the last one need not be closed."""
    fences = _FENCE_LINE.finditer(text)
    for line in fences:
        opening = _OPENING.fullmatch(line[0])
        if opening:
            closing = next((line for line in fences if _closes(line[0], opening["fence"])), None)
            body = text[line.end() + 1 : closing.start() - 1 if closing else None]
            yield opening["label"].lower(), _dedent(body, opening["indent"])


def _closes(line: str, fence: str) -> bool:
    mark = line.strip()
    return mark.startswith(fence) and not mark.strip(fence[0])


def _dedent(code: str, indent: str) -> str:
    if indent:
        code = "\n".join(line.removeprefix(indent) for line in code.split("\n"))
    return textwrap.dedent(code) if parse_python(code) is None else code


def _unfenced(text: str) -> str | None:
    tree = parse_python(text)
    return text if tree is not None and _defines_or_imports(tree) else None


@lru_cache(maxsize=64)
def parse_python(code: str) -> ast.Module | None:
    """Not to be changed by anybody: it may be handed out again."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defines_or_imports(tree: ast.Module) -> bool:
    return any(isinstance(node, _DEFINITIONS + _IMPORTS) for node in tree.body)


def _defined_names(tree: ast.Module) -> set[str]:
    """Top-level names, and the methods of `class Solution`."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, _DEFINITIONS):
            names.add(node.name)
        if isinstance(node, ast.ClassDef) and node.name == "Solution":
            names |= _defined_names(ast.Module(node.body, []))
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names
