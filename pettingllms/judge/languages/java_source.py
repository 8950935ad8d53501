"""What has to be known of a Java program before it can be started."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"""(?:\\.|.)*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|[{}]|(?P<public>\bpublic\s+(?:\w+\s+)*)?\b(?:class|record|enum|interface)\s+(?P<type>\w+)"
    r"|\bvoid\s+(?P<main>main)\s*\(",
    re.DOTALL,
)
_PACKAGE = re.compile(r"^[ \t]*package\s+[\w.]+[ \t]*;?", re.MULTILINE)


def without_package(code: str) -> str:
    """So that classes are found where they are compiled to. Lines keep their numbers."""
    return _PACKAGE.sub("", code, count=1)


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
