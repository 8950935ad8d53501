"""What has to be known of Go before it can be compiled beside a driver, or at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pettingllms.judge.languages.called import (
    Called,
    parts,
    spellings,
    type_arguments,
    without_comments,
)

_PATHS = (
    "bufio bytes cmp container/heap container/list container/ring errors fmt io maps math"
    " math/big math/bits math/cmplx math/rand os regexp slices sort strconv strings sync"
    " sync/atomic time unicode unicode/utf8"
)
_STANDARD = {path.rsplit("/", 1)[-1]: path for path in _PATHS.split()}
_IMPORTS = re.compile(
    r"^import\s*(?:\(([^)]{0,3000})\)|((?:[\w.]+\s+)?(?:\"[^\"]+\"|`[^`]+`)))", re.MULTILINE
)
_PACKAGE = re.compile(r"^[^\S\n]*package\s+\w+[ \t]*;?", re.MULTILINE)
_KINDS = {"int": "int", "float": "float64", "text": "string", "bool": "bool"}
_NODES = {
    "ListNode": "type ListNode struct { Val int; Next *ListNode }",
    "TreeNode": "type TreeNode struct { Val int; Left, Right *TreeNode }",
    "Node": "type Node struct { Val int; Children []*Node }",
}


def go_program(code: str) -> str:
    """Of whatever package it says it is: another than main makes no program. Lines stay."""
    imports = (
        ""
        if _IMPORTS.search(code)
        else "".join(f' import "{path}";' for path in _missing_imports(code))
    )
    head = f"package main;{imports}"
    if _PACKAGE.search(without_comments(code)) is None:
        return f"{head} {code}"
    said = re.compile(r"^(\s*)package\s+\w+[ \t]*;?", re.MULTILINE)
    return said.sub(rf"\g<1>{head}", code, count=1)


def imports_and_body(code: str) -> tuple[str, str]:
    """The imports that are used, each of them once, and the rest."""
    lines = [line.strip() for found in _IMPORTS.finditer(code)
             for line in re.split(r"[\n;]", found[1] or found[2])]  # fmt: skip
    body = _IMPORTS.sub("", code)
    wanted = dict.fromkeys(line for line in lines if line[:1] in ('"', "`") or " " in line)
    used = (line for line in wanted if not line.startswith("//") and _is_used(line, body))
    return "\n".join(f"import {line}" for line in used), body


def _is_used(line: str, body: str) -> bool:
    alias, _, path = line.rpartition(" ")
    name = alias.strip() or path.strip('"`').rsplit("/", 1)[-1]
    return name in ("_", ".") or re.search(rf"\b{re.escape(name)}\.", body) is not None


def go_code(code: str) -> str:
    """As sites for such problems take it: with the standard packages that it uses, and nodes."""
    code = _PACKAGE.sub("", code, count=1)
    code = re.sub(r"^func\s+main\s*\(", "func answerMain(", code, flags=re.MULTILINE)
    nodes = "".join(f" {text};" for name, text in _NODES.items() if _is_assumed(code, name))
    imports = "".join(f' import "{path}";' for path in _missing_imports(code))
    own = "".join(f" {found[0]};" for found in _IMPORTS.finditer(code)).replace("\n", "; ")
    own = re.sub(r"\(\s*;", "(", own)
    body = _IMPORTS.sub(lambda found: "\n" * found[0].count("\n"), code)
    return f"package main;{imports}{own}{nodes} {body}"


def _is_assumed(code: str, name: str) -> bool:
    plain = without_comments(code)
    return bool(re.search(rf"\b{name}\b", plain)) and not re.search(rf"\btype\s+{name}\b", plain)


def _missing_imports(code: str) -> Iterator[str]:
    there = " ".join(found[0] for found in _IMPORTS.finditer(code))
    body = without_comments(_IMPORTS.sub("", code))
    for name, path in _STANDARD.items():
        is_used = re.search(rf"(?<![\w.]){name}\.[A-Z]", body)
        is_named = re.search(
            rf"\b{name}\b\s*(?::=|,[^\n]{{0,300}}:=)|\b(?:var|func)\s+{name}\b", body
        )
        is_given = re.search(rf"[(,]\s*{name}\s+[\w*\[]", body)
        if is_used and not is_named and not is_given and f'"{path}"' not in there:
            yield path


def go_driver(code: str, called: Called) -> str:
    """The variables that tell a driver what to call, and how."""
    functions = _life(code, called) if called.is_life else {called.name: _function(code, called)}
    listed = " ".join(f'"{name}": {function},' for name, function in functions.items())
    signature = re.search(rf"\b{called.name}\b[^{{]*", code)
    says_rune = str(bool(signature and re.search(r"\brune\b", signature[0]))).lower()
    return (
        f'\nvar judgedName, judgedHow, judgedRunes = "{called.name}", "{called.how}", {says_rune}'
        f"\nvar judgedFunctions = map[string]interface{{}}{{{listed}}}\n"
    )


def _function(code: str, called: Called) -> str:
    """As it stands, as a method of an owner, or for the types that the first call is made with."""
    name = called.name
    generic = re.search(rf"^func\s+{name}\s*\[([^\n]*?)\]\s*\(([^{{]*)", code, re.MULTILINE)
    if generic is not None:
        bound = type_arguments(_with_each_type(generic[1]), list(parts(generic[2])), called.args,
                               _KINDS)  # fmt: skip
        return f"{name}[{', '.join(bound.values())}]"
    is_free = re.search(rf"^func\s+{name}\s*\(|^var\s+{name}\b", code, re.MULTILINE)
    for owner in (called.owner, "Solution"):
        method = owner and re.search(
            rf"^func\s*\([^)]{{0,300}}\b{owner}\s*\)\s*{name}\s*\(", code, re.MULTILINE
        )
        if method and not is_free:
            return f"(&{owner}{{}}).{name}"
    return name


def _with_each_type(declared: str) -> str:
    """`K, V any` as `K any, V any`."""
    return ", ".join(part.split()[0] for part in parts(declared + "]") if part)


def _life(code: str, called: Called) -> dict[str, str]:
    makers = ("Constructor", f"New{called.name}", f"new{called.name}", "New")
    maker = next(
        (each for each in makers if re.search(rf"^func\s+{each}\s*\(", code, re.MULTILINE)), ""
    )
    functions = {called.name: maker or makers[0]}
    for method, _ in called.methods:
        receiver = r"^func\s*\([^)]{0,300}\)"
        names = [each for each in spellings(method)
                 if re.search(rf"{receiver}\s*{each}\s*\(", code, re.MULTILINE)]  # fmt: skip
        functions[method] = f"(*{called.name}).{names[0] if names else method}"
    return functions
