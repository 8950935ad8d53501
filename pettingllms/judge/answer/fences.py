"""Fenced blocks of a model's Markdown, as models write it and not as CommonMark has it.

A fence may follow prose, a list mark, a quotation mark or a tag on its line, and may end on the
last line of the code. Where Python has a fence inside a string, the block ends at the first fence
that leaves Python which parses. A block around the whole answer (`markdown`) is looked through.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pettingllms.judge.answer.python_source import parse_python, parsed


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PYTHON_LABELS = _words(
    "python py python2 python3 py2 py3 pycon pyi ipython ipython3 pypy pypy3 cpython sage sagemath"
    " tool_code python-repl python_repl repl pyodide jupyter micropython"
)
FOREIGN_LABELS = _words(
    "c cc cpp c++ cxx h hpp objc objective-c cs csharp c# java kotlin kt scala groovy js javascript"
    " jsx mjs node ts typescript tsx go golang rust rs ruby rb php perl pl bash sh shell zsh fish"
    " console powershell ps1 bat sql html css scss xml yaml yml toml ini json jsonc diff patch"
    " dockerfile makefile cmake lua r julia jl swift dart haskell hs ocaml ml fsharp f# erlang"
    " elixir ex clojure clj lisp scheme racket matlab octave fortran pascal delphi asm nasm"
    " verilog vhdl solidity zig nim crystal d vb prolog latex tex mermaid graphql proto csv"
)
"""Of a label that is neither Python's nor one of these, nothing follows."""
_LOOKED_THROUGH = _words("markdown md mdx")
_RUN = re.compile(r"`{3,}|~{3,}")
_LEAD = re.compile(r"(?:[\s>]|[-*+]\s|\d+[.)]\s|</?\w[^>\n]*>|\[/?[A-Z]+\]|\*\*|\|)*")
_LABEL = re.compile(r"[\s{.]*(?:lang(?:uage)?[=-])?\"?([\w+#-]+(?:\.\w+)?)")
_VERSION = re.compile(r"(python|py|pypy)[\s-]?[23](?:\.\d+)*")
_CODE_ON_THE_FENCE = re.compile(r"(?:def|class|from|import|async|for|while|if|print|@|#)\b")
_MOST_TRIES = 64
_LONGEST_TRIED = 1 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its label in lower case, "" where it has none, and where it stands."""

    label: str
    code: str
    start: int
    end: int
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class _Fence:
    """An opening fence; `rest` is what follows its label on the line, `lead` what precedes it."""

    run: str
    lead: str
    label: str
    rest: str


@dataclass(frozen=True, slots=True)
class _Closing:
    """A line where the block may end: `code` is what of it belongs to the block; a strict one
    holds nothing but the fence, and one that opens the next block is looked at again."""

    line: int
    code: str | None
    is_strict: bool
    opens: bool = False


def find_blocks(text: str) -> list[Block]:
    """In the order they are written; blank ones are left out."""
    if "```" not in text and "~~~" not in text:
        return []
    return [block for block in _Scanner(text).blocks() if block.code.strip()]


def fence_label(info: str) -> str:
    """Of an info string, such as `{.python title="x"}`, `python:main.py`, `Python 3.11`."""
    version = _VERSION.match(info.strip().lower())
    if version is not None:
        return version[1]
    found = _LABEL.match(info)
    label = found[1].lower() if found else ""
    return "python" if label.endswith((".py", ".pyi")) else label


class _Scanner:
    """One pass over the lines of an answer."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._tries = _MOST_TRIES if len(text) <= _LONGEST_TRIED else 0

    def blocks(self) -> Iterator[Block]:
        at = 0
        while at < len(self._lines):
            opening = _opening(self._lines[at])
            if opening is None or opening.label in _LOOKED_THROUGH:
                at += 1
                continue
            inline = _inline(opening)
            if inline is not None:
                yield Block(*inline, self._start(at, opening), self._starts[at + 1] - 1)
                at += 1
                continue
            closing = self._closing(at, opening)
            yield self._block(at, opening, closing)
            at = len(self._lines) if closing is None else closing.line + (not closing.opens)

    def _block(self, at: int, opening: _Fence, closing: _Closing | None) -> Block:
        end = len(self._lines) if closing is None else closing.line
        stop = self._starts[-1] - 1 if closing is None else self._starts[end] - closing.opens
        code = self._code(at, opening, end, closing)
        return Block(opening.label, code, self._start(at, opening), stop, closing is not None)

    def _start(self, at: int, opening: _Fence) -> int:
        return self._starts[at] + len(opening.lead)

    def _code(self, at: int, opening: _Fence, end: int, closing: _Closing | None) -> str:
        lines = self._lines[at + 1 : end]
        if closing is not None and closing.code is not None:
            lines = [*lines, closing.code]
        if _CODE_ON_THE_FENCE.match(opening.rest):
            whole = "\n".join((opening.rest, *lines))
            if parse_python(whole) is not None:
                return whole
        return _unindented(lines, opening.lead)

    def _closing(self, at: int, opening: _Fence) -> _Closing | None:
        """The first that leaves Python; else the first strict one, else any; None at the end."""
        strict: _Closing | None = None
        loose: _Closing | None = None
        for closing in self._closings(at, opening):
            strict = strict or (closing if closing.is_strict else None)
            loose = loose or (None if closing.is_strict else closing)
            if self._leaves_python(at, opening, closing):
                return closing
            if (closing.is_strict or closing.opens) and not self._may_go_on(at, opening, closing):
                return closing
        return strict or loose

    def _closings(self, at: int, opening: _Fence) -> Iterator[_Closing]:
        margin = len(opening.lead) - len(opening.lead.lstrip()) + 3
        for number in range(at + 1, len(self._lines)):
            line = self._lines[number]
            if opening.run[:3] not in line:
                continue
            for run in _RUN.finditer(line):
                if run[0][0] == opening.run[0] and len(run[0]) >= len(opening.run):
                    yield _closing_at(number, line, run, margin)

    def _leaves_python(self, at: int, opening: _Fence, closing: _Closing) -> bool:
        if opening.label in FOREIGN_LABELS or self._tries == 0:
            return closing.is_strict
        self._tries -= 1
        code = self._code(at, opening, closing.line, closing)
        return bool(code.strip()) and parse_python(code) is not None

    def _may_go_on(self, at: int, opening: _Fence, closing: _Closing) -> bool:
        """Whether the fence stands in a string that is still open."""
        if opening.label in FOREIGN_LABELS or self._tries == 0:
            return False
        _, error = parsed(self._code(at, opening, closing.line, closing))
        return error is not None and "triple-quoted" in (error.msg or "")


def _opening(line: str) -> _Fence | None:
    """After prose, only where nothing but a known label follows."""
    run = _RUN.search(line)
    if run is None:
        return None
    lead, info = line[: run.start()], line[run.end() :]
    label = fence_label(info)
    if not _LEAD.fullmatch(lead):
        is_known = label in PYTHON_LABELS | FOREIGN_LABELS | _LOOKED_THROUGH
        is_inline = run[0] in info
        if (info.strip() and not is_known) or is_inline or _is_open(lead):
            return None
    rest = info.strip()
    rest = rest[len(label) :].lstrip() if rest.lower().startswith(label) else rest
    return _Fence(run[0], lead, label, rest)


def _is_open(lead: str) -> bool:
    """Whether a string or a code span begins before the fence: it is quoted there."""
    return lead.count('"') % 2 == 1 or lead.rstrip().endswith(("'", "`"))


def _inline(opening: _Fence) -> tuple[str, str] | None:
    """Label and code of a block that ends on its first line, as ```f(1)``` or ```python f(1)```."""
    code, closed, after = opening.rest.partition(opening.run)
    if not closed:
        return None
    label = opening.label if opening.label in PYTHON_LABELS | FOREIGN_LABELS else ""
    return label, code if label else f"{opening.label}{code}" if not after else code


def _closing_at(number: int, line: str, run: re.Match[str], margin: int) -> _Closing:
    before, after = line[: run.start()], line[run.end() :]
    is_bare = _LEAD.fullmatch(before) is not None
    indent = len(before) - len(before.lstrip())
    is_strict = is_bare and not after.strip() and indent <= margin
    label = fence_label(after)
    opens = is_bare and label in PYTHON_LABELS | FOREIGN_LABELS
    return _Closing(number, None if is_bare else before, is_strict, opens)


def _unindented(lines: Sequence[str], lead: str) -> str:
    """Without what stands before each line of a block in a list or a quotation."""
    if ">" in lead and all(line.lstrip().startswith(">") or not line.strip() for line in lines):
        quotation = re.compile(rf"^(?:\s*>){{1,{lead.count('>')}}}\s?")
        lines = [quotation.sub("", line) for line in lines]
    indent = lead[: len(lead) - len(lead.lstrip())]
    if indent:
        lines = [line.removeprefix(indent) for line in lines]
    code = "\n".join(lines)
    return textwrap.dedent(code) if parse_python(code) is None else code
