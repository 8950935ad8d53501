"""Code that was changed on its way: escaped, quoted, shown as a session. Mended where that makes
Python of it, and else left as it came."""

from __future__ import annotations

import ast
import html
import re
import textwrap
from collections.abc import Iterator

from pettingllms.judge.answer.python_source import parse_python, parsed

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_ENTITY_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos", "nbsp"})
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f", None),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        "\u2026": "...",
        "\uff08": "(",
        "\uff09": ")",
        "\uff0c": ",",
        "\uff1a": ":",
        "\uff1d": "=",
    }
)
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.:?|In \[\d+\]:)(?: |$)")
_FIRST_PROMPT = re.compile(r"^[ \t]*(?:>>>|In \[\d+\]:)", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*\d+(?:[ \t]*[:|.)])?[ \t]?", re.MULTILINE)
_MOST_CUTS = 200
_MOST_PARSED = 1_000_000
"""Characters, of all tries together: each cut has the rest parsed once more."""


def mended(code: str) -> str:
    """The code as it was meant, where that is Python and what came is not."""
    for mend in _MENDS if parse_python(code) is None else _MENDS_OF_PYTHON:
        better = mend(code)
        if better.strip() and better != code and parse_python(better) is not None:
            return better
    both = _straightened(_unescaped(code))
    return both if both != code and parse_python(both) is not None else code


def _unescaped(code: str) -> str:
    """`a &lt; b` parses as it stands; then the entities' names are used as Python's."""
    if not _ENTITY.search(code):
        return code
    tree = parse_python(code)
    if tree is not None and not _names(tree) & _ENTITY_NAMES:
        return code
    return html.unescape(code)


def _names(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _straightened(code: str) -> str:
    return code if parse_python(code) is not None else code.translate(_TYPOGRAPHY)


def _without_prompts(code: str) -> str:
    """What was typed in a session; what was printed there is left out."""
    if not _FIRST_PROMPT.search(code) or parse_python(code) is not None:
        return code
    typed = [line for line in code.split("\n") if _PROMPT.match(line)]
    return "\n".join(_PROMPT.sub("", line, count=1) for line in typed)


def _without_numbers(code: str) -> str:
    """Where every line has its number before it."""
    lines = [line for line in code.split("\n") if line.strip()]
    if parse_python(code) is not None or not all(map(_NUMBERED.match, lines)):
        return code
    return textwrap.dedent(_NUMBERED.sub("", code))


def without_emphasis(text: str) -> str:
    """Lines of code that Markdown has in bold type, and letters that it has a backslash before."""
    return _ESCAPED.sub(r"\1", _BOLD_LINE.sub(r"\1\2", text))


def _without_marks(code: str) -> str:
    """A label or a word on a line of its own, `[BEGIN]` and `[DONE]`: expressions to Python, at its
    edges."""
    first = _FIRST_MARK.match(code)
    code = code[first.end() :] if first else code
    return _LAST_MARK.sub("", code) if code.rstrip().endswith(("]", ">", "`", "}")) else code


def _without_commands(code: str) -> str:
    """Of a notebook: `%time`, `!pip install`."""
    return code if parse_python(code) is not None else _COMMAND.sub("", _without_marks(code))


def _without_signs(code: str) -> str:
    """A patch: what stands there once it is applied."""
    heads = ("+++", "---", "@@", "diff ", "index ", "new file ", "*** ")
    lines = [line for line in code.split("\n") if not line.startswith(heads)]
    is_patch = all(line[0] in "+- \t" for line in lines if line)
    if parse_python(code) is not None or not is_patch:
        return code
    return textwrap.dedent("\n".join(line[1:] for line in lines if not line.startswith("-")))


def without_quotation(text: str) -> str:
    return _QUOTED.sub("", text)


def _without_tags(code: str) -> str:
    """Of a page that shows code in colours, or as a list."""
    return html.unescape(_COLOURED.sub("", code))


def _replaced(code: str) -> str:
    """Blocks of what is to be put in another's place."""
    return "\n".join(_REPLACEMENT.findall(code)) or code


def _on_lines(code: str) -> str:
    """Line ends that came as HTML, or as two characters."""
    if parse_python(code) is not None:
        return code
    if _BREAK.search(code):
        return html.unescape(_BREAK.sub("\n", code)).replace("\u00a0", " ")
    if "\n" in code.strip() or "\\n" not in code:
        return code
    return code.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').strip("\n")


_FIRST_MARK = re.compile(
    r"\s*(?:[A-Za-z]+3?|[\w/]+\.py|\[(?:BEGIN|START)\]|<\w+>|(?:<\w+>)?<!\[CDATA\["
    r"|\{(?:code|noformat)(?::\w+)?\})[ \t]*\n"
)
_LAST_MARK = re.compile(
    r"^[ \t]*(?:\[(?:DONE|END)\]|\{(?:code|noformat)\}|</\w+>|\]\]>(?:</\w+>)?)\s*\Z|(?<!`)`+\s*\Z",
    re.MULTILINE,
)
_COMMAND = re.compile(
    r"^[ \t]*(?:[!%]+[A-Za-z].*|\w+ *= *[!%]+[A-Za-z].*|\?{0,2}[\w.]+\?{1,2}[ \t]*)(?:\n|\Z)",
    re.MULTILINE,
)
_REPLACEMENT = re.compile(
    r"^<{5,} SEARCH\n.*?^={5,}\n(.*?)^>{5,} REPLACE", re.MULTILINE | re.DOTALL
)
_BOLD_LINE = re.compile(r"^([ \t]*)\*\*(\S.*?)\*\*[ \t]*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([_*#<>\[\]])")
_QUOTED = re.compile(r"^[ \t]*(?:> ?){1,2}(?!>)", re.MULTILINE)
_COLOURED = re.compile(r"</?(?:span|ol|ul|li|code)\b[^>\n]{0,200}>")
_BREAK = re.compile(r"<br ?/?>\n?", re.IGNORECASE)
_MENDS = (
    *(_unescaped, _straightened, _without_marks, _without_commands),
    *(_without_prompts, _without_numbers, _without_signs, _replaced, _on_lines),
    *(without_emphasis, without_quotation, _without_tags),
)
_MENDS_OF_PYTHON = (_unescaped, _without_marks)
"""Those that may find something to mend in what parses."""


def python_in(text: str) -> str | None:
    """The longest of `stretches_of_python`."""
    return max(stretches_of_python(text), key=len, default=None)


def stretches_of_python(text: str, begins: re.Pattern[str] | None = None) -> list[str]:
    """Stretches of whole lines that are Python, of a text that has prose around them; each begins
    with a definition or an import, or else as `begins` has it."""
    begins = begins or _BEGINS_CODE
    found: list[str] = []
    lines = text.split("\n")
    cuts = min(_MOST_CUTS, 1 + _MOST_PARSED // (len(text) + 1))
    start = 0
    while start < len(lines) and cuts:
        if not begins.match(lines[start]):
            start += 1
            continue
        stretch, cuts = _from_here(lines[start:], cuts)
        found += [stretch] if stretch else []
        start += stretch.count("\n") + 1
    return found


_BEGINS_CODE = re.compile(
    r"(?:def|class|async def|import|from|@\w|if __name__|#!)\b|@\w|[A-Z_]+ = "
)
BEGINS_A_STATEMENT = re.compile(
    rf"{_BEGINS_CODE.pattern}|\w[\w, ]* ?[-+*/]?= ?\S|\w[\w.]*\("
    r"|(?:for|while|if|try|with)\b.*:\s*(?:#|$)"
)


def indented_in(text: str) -> str:
    """What stands in from the margin, as code does in Markdown and reStructuredText."""
    lines = text.split("\n")
    kept = [line if not line.strip() or line[0] in " \t" else "" for line in lines]
    return textwrap.dedent("\n".join(kept)).strip("\n")


def listed_in(text: str) -> Iterator[str]:
    """What stands behind a mark on each line: a bullet, a number, a bar of a table."""
    for mark in _LIST_MARKS:
        found = [mark.match(line) for line in text.split("\n")]
        if sum(one is not None for one in found) > 1:
            lines = [one.string[one.end() :] if one is not None else "" for one in found]
            yield textwrap.dedent("\n".join(map(_without_frame, lines))).strip("\n")


def _without_frame(line: str) -> str:
    line = line.rstrip().rstrip("|\u2502").rstrip()
    span = _IN_A_SPAN.fullmatch(line)
    return span[1] if span is not None else line


_LIST_MARKS = (
    re.compile(r"[ \t]*[-*+\u2022\u2013\u25e6\u25aa] "),
    re.compile(r"[ \t]*[\[(]?(?:L|[Ll]ine )?\d+(?:[\])]|[ \t]*[.:|\u2502])?[ \t]"),
    re.compile(r"[ \t]*[|\u2502] ?(?:\d+ *[|\u2502] ?)?"),
)
_IN_A_SPAN = re.compile(r"`(.*)`")


def _from_here(lines: list[str], cuts: int) -> tuple[str, int]:
    """Cut where the parser stumbles, until what is left is Python."""
    while lines and cuts:
        cuts -= 1
        code = "\n".join(lines)
        tree, error = parsed(code)
        if tree is not None:
            return _without_last_words(code, tree), cuts
        line = (error.lineno if error else None) or len(lines)
        lines = lines[: _last_margin(lines, min(line, len(lines)) - 1)]
    return "", cuts


def _last_margin(lines: list[str], end: int) -> int:
    """The line at or before `end` where something begins at the margin."""
    while end > 0 and (not lines[end].strip() or lines[end][0] in " \t)]}"):
        end -= 1
    return end


def _without_last_words(code: str, tree: ast.Module) -> str:
    """`Done` after the code is an expression to Python."""
    body = tree.body
    while body and isinstance(body[-1], ast.Expr) and isinstance(body[-1].value, ast.Name):
        code, body = "\n".join(code.split("\n")[: body[-1].lineno - 1]), body[:-1]
    return code.rstrip()
