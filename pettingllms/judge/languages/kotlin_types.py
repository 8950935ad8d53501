"""Types that Kotlin was given after 1.3, in its words: sealed interfaces as classes, interfaces of
one function with a way to make them, entries of enumerations; and extremes that are never null."""

from __future__ import annotations

import re

_HEADER = re.compile(
    r"(?:^|(?<=[;{]))(?P<head>[ \t]*(?:\w+[ \t]+)*(?:class|object)\s+\w+(?:<[^>]*>)?"
    r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*:\s*)(?P<above>[^{};\n]*)",
    re.MULTILINE,
)
_ONE_FUNCTION = re.compile(
    r"\bfun\s+interface\s+(?P<name>\w+)\s*\{\s*fun\s+(?P<of>\w+)\((?P<params>[^()]*)\)"
    r"\s*(?::\s*(?P<gives>[\w<>?, ]+?))?\s*\}"
)
_NEVER_NULL = re.compile(
    r"(\.(?:max|min)\(\)|\.(?:max|min)(?:By|With)\s*(?:\{[^{}]*\}|\([^()]*\)))(?!\s*(?:!!|\?))"
)


def with_older_types(code: str) -> str:
    code = re.sub(r"@JvmInline\s+value\s+class\b", "data class", code)
    code = re.sub(r"\bdata\s+object\b", "object", code)
    for name in re.findall(r"\benum\s+class\s+(\w+)", code):
        code = re.sub(rf"\b{name}\.entries\b", f"{name}.values().toList()", code)
        code = _with_own_entries(code, name)
    code = _NEVER_NULL.sub(r"\1!!", code)
    makers = [_maker(found) for found in _ONE_FUNCTION.finditer(code)]
    code = re.sub(r"\bfun\s+(?=interface\b)", "", code)
    return "\n".join((_with_sealed_classes(code), *makers))


def _with_own_entries(code: str, name: str) -> str:
    """An enumeration speaks of its entries without its name."""
    head = re.search(rf"\benum\s+class\s+{name}\b[^{{}}]*\{{", code)
    if head is None:
        return code
    depth, end = 1, head.end()
    while depth and end < len(code):
        depth += (code[end] == "{") - (code[end] == "}")
        end += 1
    own = re.sub(r"(?<![\w.])entries\b(?!\s*[:=(])", "values().toList()", code[head.end() : end])
    return code[: head.end()] + own + code[end:]


def _with_sealed_classes(code: str) -> str:
    for name in re.findall(r"\bsealed\s+interface\s+(\w+)", code):
        code = re.sub(rf"\bsealed\s+interface\s+{name}\b", f"sealed class {name}", code)
        made = re.compile(rf"\b({name}(?:<[^<>]*>)?)(?!\s*[(<\w])")
        code = _HEADER.sub(
            lambda found, made=made: found["head"] + made.sub(r"\1()", found["above"]), code
        )
    return code


def _maker(found: re.Match[str]) -> str:
    """`Op { ... }` makes one."""
    name, gives = found["name"], found["gives"] or "Unit"
    params = [part.partition(":") for part in found["params"].split(",") if part.strip()]
    kinds = ", ".join(kind.strip() for _, _, kind in params)
    given = ", ".join(each.strip() for each, _, _ in params)
    return (
        f"fun {name}(judged: ({kinds}) -> {gives}): {name} = object : {name} {{"
        f" override fun {found['of']}({found['params']}): {gives} = judged({given}) }}"
    )
