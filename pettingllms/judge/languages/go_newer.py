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
    r" \((?:[^()]* of type int|untyped int constant[^()]*|constant [^()]* of type int)\)$",
    re.MULTILINE,
)


def with_counted_ranges(files: Mapping[str, str], said: str) -> dict[str, str]:
    """Where a compiler that knows no ranges over numbers says that one stands: only it knows of
    what type a name is. Of several in a line the last comes first."""
    lines = {name: text.encode().split(b"\n") for name, text in files.items()}
    for found in reversed(list(_COUNTED.finditer(said))):
        at, start = int(found["line"]) - 1, int(found["column"]) - 1
        line, what = lines[found["file"]][at], found["what"].encode()
        if line[start:].startswith(what):
            counted = b"judgedRange(" + what + b")"
            lines[found["file"]][at] = line[:start] + counted + line[start + len(what) :]
    return {name: b"\n".join(text).decode() for name, text in lines.items()}
