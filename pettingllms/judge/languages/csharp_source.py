"""C# as newer compilers take it, for one that knows C# 7: statements outside any class, a namespace
for the whole file, usings that go without saying, an asynchronous `Main`. Lines keep their
numbers."""

from __future__ import annotations

import re

from pettingllms.judge.languages.csharp_newer import (
    as_seventh,
    records_as_classes,
    without_raw_texts,
)

_IMPLICIT = "".join(
    f"using System{of}; "
    for of in ("", ".Collections.Generic", ".IO", ".Linq", ".Threading", ".Threading.Tasks")
)
_USING = r"using\s+(?:static\s+)?[\w.]+(?:\s*=\s*[\w.<>, ]+)?\s*;"
_HEAD = re.compile(rf"(?:\s|//[^\n]*|/\*.*?(?:\*/|\Z)|{_USING}|#nullable\s+\w+)*", re.DOTALL)
_QUOTED = (
    r"@\"(?:\"\"|[^\"])*\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*.*?(?:\*/|\Z)"
)
_TOKEN = re.compile(
    rf"{_QUOTED}|[{{}}]|(?P<type>"
    r"(?:\b(?:public|internal|sealed|abstract|static|partial|readonly)\s+){0,8}"
    r"\b(?:class|struct|interface|enum)\s+\w+)",
    re.DOTALL,
)
_NULLABLE = re.compile(rf"({_QUOTED})|\b(string|object)\?|(\))!(?=[.;,)\[])", re.DOTALL)
_ASYNC_MAIN = re.compile(
    r"\bstatic\s+async\s+(Task(?:<int>)?)\s+Main\s*\(\s*(string\[\]\s*\w+)?\s*\)"
)
_MAIN = re.compile(
    r"\bstatic\s+(?:async\s+)?[\w<>.]+\s+Main\s*\(|\bMain\s*\([^;]{0,300}\)\s*(?:\{|=>)"
)


def csharp_code(code: str) -> str:
    code = without_raw_texts(code)
    code = re.sub(r"^#nullable\s[^\n]*|^global\s+(?=using\b)", "", code, flags=re.MULTILINE)
    code = re.sub(r"^[^\S\n]*namespace\s+[\w.]+\s*;", "", code, count=1, flags=re.MULTILINE)
    code = _NULLABLE.sub(lambda found: found[1] or found[2] or found[3], code)
    code = records_as_classes(code)
    if _MAIN.search(code) is None:
        code = _within_main(code)
    code = _ASYNC_MAIN.sub(_waited, code, count=1)
    return _IMPLICIT + as_seventh(code)


def _within_main(code: str) -> str:
    """Statements come first, types after them; in between their functions, which are local."""
    head = _HEAD.match(code)
    start = head.end() if head else 0
    end = start + _first_type(code[start:])
    if not code[start:end].strip():
        return code
    body, functions = _functions_apart(code[start:end])
    kind = "async Task" if re.search(r"\bawait\b", body) else "void"
    opened = f"class JudgedProgram {{ static {kind} Main(string[] args) {{ "
    return f"{code[:start]}{opened}{body}\n}} {functions} }} {code[end:]}"


_FUNCTION = re.compile(
    r"^(?:static\s+)?(?P<async>async\s+)?(?P<rest>(?!return|new|else|await|using|throw|case)"
    r"[\w<>\[\],.() ?]{1,300}?\s+(?!if|while|for|foreach|switch|lock)\w+\s*(?:<[^>()]{0,300}>)?"
    r"\([^;{}]{0,3000}\)\s*(?P<body>\{|=>))",
    re.MULTILINE,
)


def _functions_apart(code: str) -> tuple[str, str]:
    """Statements, and the functions between them as methods: C# 7 by Mono has no local ones. Those
    that speak of a variable of the statements stay among them."""
    functions: list[str] = []
    start = 0
    while (found := _FUNCTION.search(code, start)) is not None:
        end = _end_of_body(code, found.end(), found["body"])
        text = code[found.start("rest") : end]
        if _speaks_of(text, code[: found.start()]):
            start = end
            continue
        functions.append(f"static {found['async'] or ''}{text}")
        lines = "\n" * code[found.start() : end].count("\n")
        code, start = f"{code[: found.start()]}{lines}{code[end:]}", found.start()
    return code, " ".join(functions)


_VARIABLE = re.compile(
    r"^[\w<>\[\],.? ]*[\w>\]?]\s+(\w+)\s*=[^=>]|^var\s*\(([^()]*)\)", re.MULTILINE
)


def _speaks_of(function: str, statements: str) -> bool:
    names = {name for found in _VARIABLE.finditer(statements)
             for name in re.findall(r"\w+", found[1] or found[2])}  # fmt: skip
    return not names.isdisjoint(re.findall(r"(?<!\.)\b\w+", function))


def _end_of_body(code: str, start: int, opened: str) -> int:
    if opened == "=>":
        return code.find(";", start) + 1 or len(code)
    depth = 1
    for token in _TOKEN.finditer(code, start):
        depth += (token[0] == "{") - (token[0] == "}")
        if depth == 0:
            return token.end()
    return len(code)


def _first_type(code: str) -> int:
    depth = 0
    for token in _TOKEN.finditer(code):
        if token["type"] and depth == 0:
            return token.start()
        depth += (token[0] == "{") - (token[0] == "}")
    return len(code)


def _waited(found: re.Match[str]) -> str:
    """A `Main` that waits for the asynchronous one."""
    given = found[2] or ""
    passed = given.split()[-1] if given else ""
    kind = "int" if "<" in found[1] else "void"
    returned = "return " if kind == "int" else ""
    return (
        f"static {kind} Main({given}) {{ {returned}MainAsync({passed}).GetAwaiter().GetResult(); }}"
        f" static async {found[1]} MainAsync({given})"
    )
