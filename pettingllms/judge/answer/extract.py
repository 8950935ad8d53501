"""Finds the code in a model's answer. Pure text work; nothing is run.

Reasoning is not the answer (`reasoning`). Of several fenced blocks (`fences`) the last that defines
the entry point is taken; without one, the last that reads input, or else does more than call
something. Blocks that it needs names from come with it. An answer without fences is searched for
code in tags, in JSON, and between lines of prose.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from pettingllms.judge.answer.fences import FOREIGN_LABELS, PYTHON_LABELS, find_blocks
from pettingllms.judge.answer.mending import (
    BEGINS_A_STATEMENT,
    indented_in,
    listed_in,
    mended,
    python_in,
    stretches_of_python,
    without_emphasis,
    without_quotation,
)
from pettingllms.judge.answer.python_source import (
    defined_names,
    defines_or_imports,
    is_stub_of,
    missing_names,
    parse_python,
)
from pettingllms.judge.answer.reasoning import without_reasoning
from pettingllms.judge.answer.structured import strings_in_data

_READING = ("input", "stdin", "open(0")
_READS = re.compile(r"\b(?:input\b(?!\s*=[^=])|stdin\b|open\(0\b)")
_PRINTS = re.compile(r"\b(?:print|write|writelines)\(")
_TESTING = ("assert", "unittest", "pytest")
_TESTS = re.compile(r"^[ \t]*(?:assert\b|import (?:unittest|pytest)\b)", re.MULTILINE)
_OPENING_TAG = re.compile(
    r"<(?P<tag>code|answer|solution|python|program|pre|output|parameter|final_answer)\b[^>\n]{0,100}>"
    r"|\[(?P<mark>PYTHON|CODE|ANSWER|SOLUTION)\]",
    re.IGNORECASE,
)
_MOST_SEARCHED = 2_000_000
"""Characters, of all stretches together that an answer without fences is searched in."""
_DATA_LABELS = frozenset({"", "json", "jsonc", "yaml", "yml"})
_PATCH_LABELS = frozenset({"diff", "patch"})
_LONE_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of an answer that may be its code."""

    label: str
    code: str
    is_mistake: bool = False

    @property
    def is_labelled(self) -> bool:
        return self.label in PYTHON_LABELS

    @property
    def is_foreign(self) -> bool:
        return self.label in FOREIGN_LABELS

    @property
    def may_be_python(self) -> bool:
        """Without a label, or under one that says nothing where it is more than an expression."""
        if self.is_foreign or not self.is_python:
            return False
        return not self.label or self.defines_something or self.reads

    @property
    def is_python(self) -> bool:
        return parse_python(self.code) is not None

    @property
    def defines_something(self) -> bool:
        tree = parse_python(self.code)
        return tree is not None and defines_or_imports(tree)

    @property
    def is_example(self) -> bool:
        """An example of use or of output, or tests: it defines, imports and reads nothing."""
        tree = parse_python(self.code)
        if tree is None:
            return True
        return not (defines_or_imports(tree) or self.reads) or self.is_tests

    @property
    def is_tests(self) -> bool:
        may_test = any(word in self.code for word in _TESTING)
        return may_test and _TESTS.search(self.code) is not None

    @property
    def reads(self) -> bool:
        may_read = any(word in self.code for word in _READING)
        return may_read and _READS.search(self.code) is not None

    def defines(self, name: str) -> bool:
        tree = parse_python(self.code)
        if tree is not None:
            return name in defined_names(tree)
        pattern = rf"^(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b"
        return re.search(pattern, self.code, re.MULTILINE) is not None

    def only_shows(self, name: str) -> bool:
        tree = parse_python(self.code)
        return tree is not None and is_stub_of(tree, name)

    def only_imports(self, name: str) -> bool:
        """Whether it has it from elsewhere: a test file, an example of use."""
        tree = parse_python(self.code)
        if tree is None:
            return False
        imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        rest = [node for node in tree.body if node not in imports]
        is_imported = any(alias.name == name for node in imports for alias in node.names)
        return is_imported and name not in defined_names(ast.Module(rest, []))


def extract_code(text: str, entry_point: str | None = None) -> str | None:
    """The Python in an answer, or None; `entry_point` is what it must define, if known."""
    answer = plain_answer(text)
    wanted = entry_point.split(".")[0] if entry_point else None
    blocks = list(_fenced(answer))
    chosen = _choose(blocks, wanted)
    if chosen is not None:
        return _with_what_follows(chosen, blocks, wanted)
    if any(piece.is_foreign for piece in blocks):
        return _first_code(_in_data(blocks), wanted)
    in_data = _in_data([_Piece("", answer)])
    loose = chain(in_data, _in_tags(answer), _bare(answer, wanted), _marked(answer))
    found = _first_code(loose, wanted)
    if found is None and "\\n" in answer and "\n" not in answer.strip():
        return extract_code(answer.replace("\\n", "\n").replace('\\"', '"'), entry_point)
    return found


def plain_answer(text: str) -> str:
    """Without reasoning, and with one kind of line end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if "\x1b" in text:
        text = _TERMINAL.sub("", text)
    return without_reasoning(text).replace("\ufeff", "")


_TERMINAL = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B])")
"""Colours, links and character sets of a terminal."""


def fence_labels(text: str) -> set[str]:
    """What the fenced blocks of an answer say they hold, in lower case."""
    return {block.label for block in find_blocks(plain_answer(text))}


def _fenced(answer: str) -> Iterator[_Piece]:
    """The blocks, and the code before a lone fence that only closes it."""
    found = find_blocks(answer)
    end_of_line = answer.find("\n", found[0].start) if found else -1
    first = _LONE_FENCE.search(answer if end_of_line < 0 else answer[:end_of_line])
    if first is not None:
        before = mended(answer[: first.start()].strip("\n"))
        tree = parse_python(before)
        if tree is not None and defines_or_imports(tree):
            yield _Piece("", before)
    for block in found:
        files = _files_of(block.code) if block.label in _SHELL_LABELS else []
        if files:
            yield from files
            continue
        code = mended(block.code)
        if not block.is_closed and parse_python(code) is None:
            code = python_in(code) or code
        is_patched = block.label in _PATCH_LABELS and parse_python(code) is not None
        yield _Piece("" if is_patched else block.label, code, _is_mistake(answer, block.start))


def _files_of(commands: str) -> list[_Piece]:
    """What a shell is to write into files, or to feed to Python."""
    if commands.count("<<") > _MOST_FILES:
        return []
    return [_Piece("python", mended(body)) for _, body in _HERE_DOCUMENT.findall(commands)]


_MOST_FILES = 50
_SHELL_LABELS = frozenset({"bash", "sh", "shell", "zsh", "console"})
_HERE_DOCUMENT = re.compile(
    r"<<-?[ \t]*['\"]?(\w+)['\"]?[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL
)


def _is_mistake(answer: str, start: int) -> bool:
    """Whether the words before a block say that it is how not to do it."""
    before = answer[max(0, start - _LEAD_IN) : start].rstrip("`~ \t\n>:\uff1a*")
    sentence = _SENTENCE_END.split(before)[-1]
    return _MISTAKE.search(sentence) is not None and _CORRECTED.search(sentence) is None


_LEAD_IN = 300
_SENTENCE_END = re.compile(r"[.!?]\s|\n|[\u3002\uff01\uff1f]")
_MISTAKE = re.compile(
    r"\b(?:(?:common|typical|usual)\s+mistake|mistake\s+(?:is|would\s+be)"
    r"|(?:incorrect|wrong|buggy|bad|broken|original)\s+(?:\(\w+\)\s+)?"
    r"(?:code|version|solution|answer|approach|implementation|way)"
    r"|(?:do\s+not|don't|never)\s+(?:do|write)\s+(?:this|that|it))\b"
    r"|\((?:incorrect|wrong|buggy|bad)\)$|^\W*(?:incorrect|wrong|buggy|bad)$"
    r"|错误的?(?:写法|示例|代码|解法)|反例",
    re.IGNORECASE,
)
_CORRECTED = re.compile(
    r"\b(?:correct\w*|fix\w*|right|final|instead|improved|updated|revised|new|now|so|without)\b"
    r"|正确|修正",
    re.IGNORECASE,
)


def _choose(blocks: Sequence[_Piece], wanted: str | None) -> _Piece | None:
    """What is shown as a mistake is taken where there is nothing else."""
    meant = _choose_from([piece for piece in blocks if not piece.is_mistake], wanted)
    if meant is not None and (not meant.is_example if wanted is None else meant.defines(wanted)):
        return meant
    return _choose_from(blocks, wanted)


def _choose_from(blocks: Sequence[_Piece], wanted: str | None) -> _Piece | None:
    if wanted is not None:
        definers = [piece for piece in blocks if piece.defines(wanted)]
        known = [piece for piece in definers if not piece.is_foreign or piece.is_python]
        whole = [piece for piece in known if not piece.only_shows(wanted)]
        in_python = [piece for piece in whole if piece.is_python]
        own = [piece for piece in in_python if not piece.only_imports(wanted)]
        if known:
            return (own or in_python or whole or known)[-1]
    labelled = [piece for piece in blocks if piece.is_labelled]
    bare = [piece for piece in blocks if piece.may_be_python]
    python = [piece for piece in labelled or bare if piece.is_python]
    programs = [piece for piece in python if not piece.is_example]
    reading = [piece for piece in programs if piece.reads and wanted is None]
    for preference in (reading, programs, python, labelled):
        if preference:
            return preference[-1]
    return None


def _with_what_it_needs(chosen: _Piece, blocks: Sequence[_Piece], wanted: str | None) -> str:
    """The chosen block, and those that define what it uses and does not define, as written."""
    taken = [chosen]
    others = [piece for piece in blocks if piece is not chosen and piece.is_python]
    others = [piece for piece in others if wanted is None or not piece.defines(wanted)]
    while others and (missing := _missing(taken)):
        helper = next((one for one in reversed(others) if _offers(one, missing)), None)
        if helper is None:
            break
        others.remove(helper)
        taken.append(helper)
    joined = "\n\n".join(piece.code for piece in blocks if any(piece is one for one in taken))
    return joined if parse_python(joined) is not None else chosen.code


def _with_what_follows(chosen: _Piece, blocks: Sequence[_Piece], wanted: str | None) -> str:
    """A program that goes on in later blocks: it reads and has printed nothing, and they use what
    it made."""
    code = _with_what_it_needs(chosen, blocks, wanted)
    if wanted is not None or _does_something(code) or not chosen.reads:
        return code
    at = next(number for number, piece in enumerate(blocks) if piece is chosen)
    for piece in blocks[at + 1 :]:
        tree = parse_python(piece.code)
        if tree is None or piece.is_foreign or not missing_names(tree):
            continue
        longer = f"{code}\n\n{piece.code}"
        whole = parse_python(longer)
        if whole is not None and not missing_names(whole):
            code = longer
    return code


def _offers(piece: _Piece, missing: set[str]) -> bool:
    """Whether one of them is, or may be, defined there: nobody knows what `import *` brings."""
    return bool({*missing, "*"} & _defined(piece))


def _does_something(code: str) -> bool:
    """Whether it calls what it defines, and prints."""
    tree = parse_python(code)
    if tree is None:
        return True
    last = [node for node in tree.body if not isinstance(node, _ASIDE)]
    return bool(last) and _PRINTS.search(code) is not None


_ASIDE = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
    *(ast.Assign, ast.AnnAssign),
)


def _missing(taken: Sequence[_Piece]) -> set[str]:
    trees = [tree for piece in taken if (tree := parse_python(piece.code)) is not None]
    defined = {name for tree in trees for name in defined_names(tree)}
    return {name for tree in trees for name in missing_names(tree)} - defined


def _defined(piece: _Piece) -> set[str]:
    tree = parse_python(piece.code)
    return defined_names(tree) if tree is not None else set()


def _in_data(pieces: Sequence[_Piece]) -> Iterator[str]:
    """A fence inside a string is looked into as well."""
    for piece in pieces:
        if piece.label in _DATA_LABELS:
            for text in strings_in_data(piece.code):
                yield from (block.code for block in find_blocks(text))
                yield text


def _in_tags(answer: str) -> Iterator[str]:
    unclosed: set[str] = set()
    for opening in _OPENING_TAG.finditer(answer):
        closing = f"</{opening['tag']}>" if opening["tag"] else f"[/{opening['mark']}]"
        if closing in unclosed:
            continue
        end = answer.find(closing, opening.end())
        if end < 0:
            unclosed.add(closing)
        else:
            yield answer[opening.end() : end].strip("\n")


def _bare(answer: str, wanted: str | None) -> Iterator[str]:
    text = _LONE_FENCE.sub("", answer)
    yield text
    begins = BEGINS_A_STATEMENT if wanted is None else None
    parts = (mended(text), without_emphasis(text), without_quotation(text), indented_in(text))
    for part in dict.fromkeys((*parts, *listed_in(text))):
        pieces = [_Piece("", code) for code in stretches_of_python(part, begins)]
        chosen = max(pieces, key=lambda piece: len(piece.code), default=None)
        if wanted is not None:
            chosen = next((one for one in reversed(pieces) if one.defines(wanted)), chosen)
        elif any(_PRINTS.search(piece.code) for piece in pieces):
            yield "\n\n".join(piece.code for piece in pieces)
        if chosen is not None:
            yield _with_what_it_needs(chosen, pieces, wanted)


def _marked(answer: str) -> Iterator[str]:
    """Code in a span, or in the box that answers to mathematics stand in."""
    for opening in _BOX.finditer(answer):
        start = opening.end()
        yield _until_closed(answer[start : start + _LONGEST_BOX])
    yield from (span[1] for span in _SPAN.finditer(answer))


_LONGEST_BOX = 20_000
_BRACE = re.compile(r"[{}]")
_BOX = re.compile(r"\\boxed\{(?:\\(?:text|texttt|mathtt)\{)?")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def _until_closed(text: str) -> str:
    depth = 1
    for brace in _BRACE.finditer(text):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return text[: brace.start()]
    return text


def _within_reason(found: Iterable[str]) -> Iterator[str]:
    """As many as can be parsed soon: in an answer of nothing but opening tags each is followed by
    all others."""
    left = _MOST_SEARCHED
    for code in found:
        left -= len(code)
        yield code
        if left < 0:
            return


def _first_code(found: Iterable[str], wanted: str | None) -> str | None:
    """The first that is Python and defines what is wanted; else, that defines or imports something,
    or is a program of another kind where that is wanted."""
    pieces = [_Piece("", mended(code)) for code in _within_reason(found)]
    if wanted is not None:
        for piece in pieces:
            if piece.is_python and piece.defines(wanted):
                return piece.code
    for piece in pieces:
        is_program = wanted is None and piece.is_python and _PRINTS.search(piece.code)
        if piece.defines_something or is_program:
            return piece.code
    return None
