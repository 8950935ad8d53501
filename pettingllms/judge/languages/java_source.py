"""What has to be known of a Java program before it can be started."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?(?:\*/|\Z)|"""(?:\\.|.)*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|[{}]|(?P<public>\bpublic\s+(?:\w+\s+){0,8})?\b(?:class|record|enum|interface)\s+(?P<type>\w+)"
    r"|\bvoid\s+(?P<main>main)\s*\(",
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
    """A file may have one public class."""
    code = without_package(code)
    public = [token for token, depth in _tokens(code) if token["public"] and depth == 0]
    return java_imports(code) + (without_public(code) if len(public) > 1 else code)


def without_public(code: str) -> str:
    return re.sub(r"\bpublic\s+(?=(?:\w+\s+){0,8}(?:class|record|enum|interface)\b)", "", code)


def assumed_pair(code: str) -> list[str]:
    """The file with `Pair`, where an answer has none of its own."""
    is_used = re.search(r"\bPair\s*<", code)
    is_own = re.search(r"\b(?:class|record|interface)\s+Pair\b|\bimport\s+[\w.]+\.Pair\b", code)
    return ["Pair.java"] if is_used and not is_own else []


def main_class(code: str) -> str | None:
    """The outermost class around `main`; the last, where several have one."""
    found = outermost = None
    for token, depth in _tokens(code):
        if token["type"] and depth == 0:
            outermost = token["type"]
        elif token["main"] and depth == 1:
            found = outermost
    return found


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
