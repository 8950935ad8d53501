"""Finds the code of another language than Python in a model's answer. Pure text work.

Of the blocks under one of the language's labels, the last one counts that defines what the tests
call, or that has a `main`; else the longest; with those that define a type or function which it
uses and has not. Blocks without a label, and under that of a near relation, come second. An answer
without fences is code where it defines what is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pettingllms.judge.answer.extract import plain_answer
from pettingllms.judge.answer.fences import Block, find_blocks
from pettingllms.judge.answer.python_source import parse_python
from pettingllms.records.languages import LANGUAGES, PYTHON, Language, find_language


def extract_other(text: str, language: Language, entry_point: str | None = None) -> str | None:
    """The code in an answer, or None; `entry_point` is what it must define, if known."""
    answer = plain_answer(text)
    blocks = find_blocks(answer)
    wanted = re.compile(_wanted(language, entry_point), re.MULTILINE)
    own, related = {language.name}, {language.related}
    for group in (_labelled(blocks, own), _unlabelled(blocks), _labelled(blocks, related)):
        if group:
            best = _best(group, wanted, entry_point)
            return _with_helpers(best, group, language, wanted)
    code = _without_prose(answer)
    is_code = not blocks and wanted.search(code) and re.search(r"[{};=()]", code)
    return code if is_code else None


def language_of(text: str) -> Language | None:
    """What an answer is in that might be in any language: by the labels of its blocks, of which
    commands come last, or else by what its code says. None where it may be Python."""
    blocks = find_blocks(plain_answer(text))
    named = [row for block in blocks if (row := _named(block)) is not None]
    if any(row.name == PYTHON for row in named):
        return None
    programs = [row for row in named if not row.starts_processes]
    bare = [block.code for block in _unlabelled(blocks)] if blocks else [_without_prose(text)]
    signed = [row for code in bare if (row := _signed(code)) is not None]
    return next((rows[-1] for rows in (programs, signed, named) if rows), None)


def _named(block: Block) -> Language | None:
    """By the label; what is labelled as C is C++ where no compiler of C could take it."""
    row = find_language(block.label)
    is_more = row is not None and row.name == "c" and _ONLY_CPP.search(block.code)
    return LANGUAGES["cpp"] if is_more else row


_ONLY_CPP = re.compile(
    r"#\s*include\s*<(?:bits/stdc\+\+\.h|[a-z_]+)>|\busing\s+namespace\b|\bstd::"
)


def _signed(code: str) -> Language | None:
    if parse_python(code) is not None:
        return None
    rows = (LANGUAGES[name] for name in _BY_SIGNS)
    return next((row for row in rows if re.search(row.signs, code, re.MULTILINE)), None)


_BY_SIGNS = ("typescript", *LANGUAGES)


_PROSE = re.compile(r"[A-Z][^{};=<>#\n]*[.:!]")


def _without_prose(answer: str) -> str:
    """Without the paragraphs of plain sentences that stand before and after the code."""
    paragraphs = answer.strip("\n").split("\n\n")
    is_prose = [_says_nothing_else(paragraph) for paragraph in paragraphs]
    if all(is_prose):
        return answer
    first, last = is_prose.index(False), is_prose[::-1].index(False)
    return "\n\n".join(paragraphs[first : len(paragraphs) - last]).strip("\n") + "\n"


def _says_nothing_else(paragraph: str) -> bool:
    return all(_PROSE.fullmatch(line.strip()) for line in paragraph.split("\n") if line.strip())


def _wanted(language: Language, entry_point: str | None) -> str:
    if entry_point is None:
        return language.starts
    name = re.split(r"\.|::", entry_point)[-1]
    return rf"(?<![\w.]){re.escape(name)}\s*(?:<[^<>]{{0,300}}>)?\s*(?:\(|=|:|\{{)"


def _labelled(blocks: Sequence[Block], names: set[str]) -> list[Block]:
    found = ((block, find_language(block.label)) for block in blocks)
    return [block for block, language in found if language is not None and language.name in names]


def _unlabelled(blocks: Sequence[Block]) -> list[Block]:
    """Without a label, or under one that names no language: `solution`, `code`."""
    unsaid = (block for block in blocks if block.label not in _NO_CODE)
    return [block for block in unsaid if find_language(block.label) is None]


_NO_CODE = frozenset("text txt plaintext output console json yaml xml html sql diff".split())  # noqa: SIM905


def _best(blocks: Sequence[Block], wanted: re.Pattern[str], entry_point: str | None) -> Block:
    """A block that only calls what is wanted is an example, or a test."""
    fitting = [block for block in blocks if wanted.search(block.code)]
    defining = entry_point and re.compile(_definition(entry_point), re.MULTILINE)
    chosen = [block for block in fitting if defining and defining.search(block.code)] or fitting
    return chosen[-1] if chosen else max(blocks, key=lambda block: len(block.code))


def _definition(entry_point: str) -> str:
    """A line with the name after a type or a keyword, or before what it is given."""
    name = re.escape(re.split(r"\.|::", entry_point)[-1])
    no_call = r"(?!return\b|else\b|throw\b|await\b|echo\b|puts\b|print\w*\b|new\b|assert\b)"
    return (
        rf"^[ \t]*(?:func\s*\([^)\n]*\)\s*|{no_call}[^\n(=.;'\"]*[\s*&>:]){name}\b"
        rf"|^[ \t]*{name}\s*(?:\([^;\n]*\)\s*(?:\{{|:)|=[^=])|\b(?:exports|prototype)\.{name}\s*="
    )


_DECLARED = re.compile(
    r"\b(?:class|struct|interface|enum|record|trait|type|fn|func|fun|function|def|object)\s+(\w+)"
    r"|^(?!\s*(?:else|return)\b)[\w:<>,*&\[\] ]{1,200}[ *&](\w+)[ \t]*\([^;{}()]{0,300}\)\s*\{",
    re.MULTILINE,
)
_IMPORTING = re.compile(r"^\s*(?:import|using|package|namespace)\b", re.MULTILINE)
_IMPORTS_FIRST = frozenset({"java", "kotlin", "csharp", "go"})


def _with_helpers(
    best: Block, blocks: Sequence[Block], language: Language, wanted: re.Pattern[str]
) -> str:
    """Where imports have to come first, helpers follow, and those with imports stay away."""
    is_last = language.name in _IMPORTS_FIRST
    own = _declared(best.code)
    helpers = [
        block.code
        for block in blocks
        if block is not best
        and not wanted.search(block.code)
        and not (is_last and _IMPORTING.search(block.code))
        and any(re.search(rf"\b{name}\b", best.code) for name in _declared(block.code) - own)
    ]
    return "\n".join([best.code, *helpers] if is_last else [*helpers, best.code])


def _declared(code: str) -> set[str]:
    return {found[1] or found[2] for found in _DECLARED.finditer(code)}
