"""What has to be known of a Java program before it can be started."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pettingllms.judge.languages.driver_files import driver_file

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?(?:\*/|\Z)|"""(?:\\.|.)*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|[{}]|(?P<public>\bpublic\s+(?:\w+\s+){0,8})?\b(?:class|record|enum|interface)\s+(?P<type>\w+)"
    r"|(?P<static>\bstatic\s+(?:final\s+)?)?\bvoid\s+(?P<main>main)\s*\((?P<given>[^)]*)\)",
    re.DOTALL,
)
_PACKAGE = re.compile(r"^[ \t]*package\s+[\w.]+[ \t]*;?", re.MULTILINE)


def without_package(code: str) -> str:
    """So that classes are found where they are compiled to. Lines keep their numbers."""
    return _PACKAGE.sub("", code, count=1)


_PACKAGES = (
    "util util.function util.stream util.regex util.concurrent util.concurrent.atomic math io text"
    " time"
)
_WILD = re.compile(r"^\s*import\s+(?!static\b)([\w.]+)\.\*\s*;", re.MULTILINE)


def java_imports(code: str) -> str:
    """What sites have above an answer, in one line: unless it imports all of some other package,
    whose names may be the same."""
    packages = [f"java.{name}" for name in _PACKAGES.split()]
    if set(_WILD.findall(code)) - {*packages, "java.lang"}:
        return ""
    return "".join(f"import {package}.*; " for package in packages)


def java_program(code: str) -> str:
    """A file may have one public class; a `main` that stands alone gets one around it, and one that
    a newer Java would start is started by another."""
    code = without_package(code)
    if any(token["main"] and depth == 0 for token, depth in _tokens(code)):
        imports = _IMPORT.findall(code)
        body = _IMPORT.sub(lambda found: "\n" * found[0].count("\n"), code)
        code = f"{' '.join(line.strip() for line in imports)} class Main {{ {body}\n}}"
    elif len([token for token, depth in _tokens(code) if token["public"] and depth == 0]) > 1:
        code = without_public(code)
    console = driver_file("IO.java") if _is_lacking(code, "IO") else ""
    return java_imports(code) + code + _starter(code) + console


_IMPORT = re.compile(r"^[^\S\n]*import\s[^;]{1,300};", re.MULTILINE)
STARTER = "JudgedStarter"


def _starter(code: str) -> str:
    """A class that starts a `main` of an object, or one without arguments."""
    owner, main = _main(code)
    if main is None or (main["static"] and main["given"].strip()):
        return ""
    of = owner if main["static"] else f"new {owner}()"
    given = "words" if main["given"].strip() else ""
    head = f"class {STARTER} {{ public static void main(String[] words) throws Throwable"
    return f"\n{head} {{ {of}.main({given}); }} }}\n"


def _is_lacking(code: str, name: str) -> bool:
    is_own = re.search(rf"\b(?:class|record|interface)\s+{name}\b", code)
    return bool(re.search(rf"(?<![\w.]){name}\.\w", code)) and not is_own


_OF_LIST = re.compile(
    r"^(?P<file>\w+\.java):(?P<line>\d+): error: cannot find symbol\n.*\n(?P<before> *)\^\n"
    r"\s+symbol:\s+method (?P<name>(?:get|remove|add)(?:First|Last)|reversed)\(.*\n.*List<",
    re.MULTILINE,
)
_GIVEN = r"(?:\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])*"
_RECEIVER = re.compile(rf"(?:\w+{_GIVEN}\.)*\w+{_GIVEN}$")


def with_newer_lists(files: Mapping[str, str], said: str) -> dict[str, str]:
    """Where the compiler says that lists have no such method: only it knows what a name is. Of
    several in a line the last comes first."""
    lines = {name: text.split("\n") for name, text in files.items()}
    changed = dict(files)
    for found in reversed(list(_OF_LIST.finditer(said))):
        at, dot = int(found["line"]) - 1, len(found["before"])
        line = lines[found["file"]][at]
        receiver = _RECEIVER.search(line[:dot])
        call = re.match(rf"\.{found['name']}\(\s*", line[dot:])
        if receiver is not None and call is not None:
            rest = line[dot + call.end() :]
            comma = "" if rest.startswith(")") else ", "
            called = f"NewerLists.{found['name']}({receiver[0]}{comma}"
            lines[found["file"]][at] = line[: receiver.start()] + called + rest
            changed["NewerLists.java"] = driver_file("NewerLists.java")
    return changed | {name: "\n".join(text) for name, text in lines.items()}


_GUARD = re.compile(r"(\bcase\s+[\w.<>?, ]+\s\w+)\s+when\s+(.+?)\s*(?=->|:(?!:))")


def with_preview(code: str) -> str:
    """Patterns in a switch, as the Java says them that had them first."""
    return _GUARD.sub(r"\1 && (\2) ", code)


def without_public(code: str) -> str:
    return re.sub(r"\bpublic\s+(?=(?:\w+\s+){0,8}(?:class|record|enum|interface)\b)", "", code)


def assumed_pair(code: str) -> list[str]:
    """The file with `Pair`, where an answer has none of its own."""
    is_used = re.search(r"\bPair\s*<", code)
    is_own = re.search(r"\b(?:class|record|interface)\s+Pair\b|\bimport\s+[\w.]+\.Pair\b", code)
    return ["Pair.java"] if is_used and not is_own else []


def main_class(code: str) -> str | None:
    """The outermost class around `main`; where several have one, `Main`, or the one that starts
    them, or the public one, or the last."""
    return _main(code)[0]


def _main(code: str) -> tuple[str | None, re.Match[str] | None]:
    found: dict[str, re.Match[str]] = {}
    outermost = public = ""
    for token, depth in _tokens(code):
        if token["type"] and depth == 0:
            outermost = token["type"]
            public = outermost if token["public"] else public
        elif token["main"] and depth == 1:
            found[outermost] = token
    names = (STARTER, "Main", public, next(reversed(found), ""))
    return next(((name, found[name]) for name in names if name in found), (None, None))


def top_classes(code: str) -> list[str]:
    """In the order they are written."""
    return [token["type"] for token, depth in _tokens(code) if token["type"] and depth == 0]


def public_class(code: str) -> str | None:
    """The class that the file has to be named after."""
    classes = (token for token, depth in _tokens(code) if token["public"] and depth == 0)
    return next((token["type"] for token in classes), None)


def _tokens(code: str) -> Iterator[tuple[re.Match[str], int]]:
    """Each, and how many braces are open before it; strings and comments are passed over."""
    depth = 0
    for token in _TOKEN.finditer(code):
        depth -= token[0] == "}"
        if token[0][0] not in "/\"'{}":
            yield token, depth
        depth += token[0] == "{"
