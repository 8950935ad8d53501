"""What Go was given later, for a compiler that is older: functions, packages, counted ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from pettingllms.judge.languages.called import without_comments
from pettingllms.judge.languages.driver_files import driver_file


def newer_functions(code: str) -> str:
    """The functions that Go was given later, as far as the answer uses them and has none of its
    own."""
    plain = without_comments(code)
    used = [
        name
        for name in ("min", "max", "clear")
        if re.search(rf"(?<![\w.]){name}\(", plain)
        and not re.search(rf"^(?:func|var)\s+{name}\b", plain, re.MULTILINE)
    ]
    is_ranged = "range" in plain
    wanted = [*used, *["judgedOrdered"] * bool(used), *["judgedRange"] * is_ranged]
    return "".join(f"\n{_functions()[name]}" for name in wanted)


@cache
def _functions() -> dict[str, str]:
    parts = driver_file("go/newer.go").split("\n// ")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


def newer_packages(code: str) -> dict[str, str]:
    """Standard packages of newer compilers, where an older one looks for them last."""
    used = {name for name in ("slices", "maps", "cmp") if f'"{name}"' in code}
    used |= {"cmp"} if "slices" in used else set()
    return {f"src/{name}/{name}.go": driver_file(f"go/src/{name}/{name}.go") for name in used}


_COUNTED = re.compile(
    r"^(?:\./)?(?P<file>[\w.]+):(?P<line>\d+):(?P<column>\d+): cannot range over (?P<what>.+)"
    r" \((?:untyped int constant[^()]*|[^()]* of type (?P<kind>(?!func\b|iter\.)[\w.]+))\)$",
    re.MULTILINE,
)
_NAMED = re.compile(rb"\bfor\s+(\w+)\s*:=\s*range\s+$")


def with_counted_ranges(files: Mapping[str, str], said: str) -> dict[str, str]:
    """Where a compiler that knows no ranges over numbers says that one stands: only it knows of
    what type a name is. Of several in a line the last comes first."""
    lines = {name: text.encode().split(b"\n") for name, text in files.items()}
    for found in reversed(list(_COUNTED.finditer(said))):
        at, start = int(found["line"]) - 1, int(found["column"]) - 1
        line, what = lines[found["file"]][at], found["what"].encode()
        if line[start:].startswith(what):
            before, after = line[:start], line[start + len(what) :]
            kind = (found["kind"] or "int").encode()
            lines[found["file"]][at] = _counted(before, what, kind) + after
    return {name: b"\n".join(text).decode() for name, text in lines.items()}


def _counted(before: bytes, what: bytes, kind: bytes) -> bytes:
    """With a name of another type than int it is a loop of the older kind, as the name has that
    type."""
    named = _NAMED.search(before)
    if kind == b"int" or named is None or named[1] == b"_":
        return before + b"judgedRange(int(" + what + b"))"
    name, most = named[1], b"judged_" + named[1]
    start = b"for %b, %b := %b(0), %b(%b); %b < %b; %b++"
    return before[: named.start()] + start % (name, most, kind, kind, what, name, most, name)


_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|`[^`]*`|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[{}]"
    r"|\bfor\s+(?P<names>\w+(?:\s*,\s*\w+)*)\s*:=\s*(?P<range>range\b)?[^\n{\"'`]*(?P<open>\{)",
    re.DOTALL,
)


def with_fresh_variables(code: str) -> str:
    """Names of loops are new ones each time round, as they are from Go 1.22 on: where a function or
    a pointer could keep one, and the loop counts by itself."""
    opened: list[re.Match[str]] = []
    renewed: list[tuple[int, str]] = []
    for token in _TOKEN.finditer(code):
        if token["open"] or token[0] == "{":
            opened.append(token)
        elif token[0] == "}" and opened and (loop := opened.pop())["names"]:
            body = code[loop.end() : token.start()]
            names = [name for name in re.findall(r"\w+", loop["names"]) if name != "_"]
            if names and _are_kept(names, body, is_range=bool(loop["range"])):
                both = ", ".join(names)
                unused = ", ".join("_" * len(names))
                renewed.append((loop.end(), f" {both} := {both}; {unused} = {both};"))
    for at, text in sorted(renewed, reverse=True):
        code = code[:at] + text + code[at:]
    return code


def _are_kept(names: list[str], body: str, *, is_range: bool) -> bool:
    any_name = rf"\b(?:{'|'.join(names)})\b"
    put = r"(?:\s*,\s*\w+)*\s*" + (
        ":=" if is_range else r"(?:(?:[-+*/%&|^]|<<|>>)?=(?!=)|\+\+|--|:=)"
    )
    is_kept = re.search(rf"\bfunc\s*\(|&\s*{any_name}", body)
    return bool(is_kept) and not re.search(any_name + put, body)
