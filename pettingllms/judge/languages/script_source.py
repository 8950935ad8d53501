"""What has to be known of a function in JavaScript or TypeScript before it can be called."""

from __future__ import annotations

import re
from typing import Any

from pettingllms.judge.languages.called import parts
from pettingllms.records.languages import Language

_IMPORT = re.compile(
    r"^import\s+(?:(?P<default>\w+)\s*,?\s*)?(?:\{(?P<names>[^}]{0,3000})\}|\*\s+as\s+(?P<all>\w+))?\s*"
    r"(?:from\s*)?(?P<module>['\"][^'\"]{1,300}['\"]);?",
    re.MULTILINE,
)
_EXPORTED = re.compile(
    r"^export\s+default\s+(?!(?:async\s+)?(?:function|class)\b\*?\s*\w)", re.MULTILINE
)
_LISTED = re.compile(r"^export\s*\{([^}]*)\}\s*;?", re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?:default\s+)?(?=[\w({])", re.MULTILINE)
_PLAIN = {"_Node": "Node", "BigInt": "bigint"}


def as_script(code: str) -> str:
    """A module without its imports and exports, which a script has no words for. Lines stay."""
    code = _IMPORT.sub(_required, code)
    code = _EXPORTED.sub("module.exports = ", code)
    code = _LISTED.sub(_assigned, code)
    return _EXPORT.sub("", code)


def _assigned(found: re.Match[str]) -> str:
    names = re.sub(r"(\w+)\s+as\s+(\w+)", r"\2: \1", found[1])
    return f"Object.assign(module.exports, {{{names}}});"


def _required(found: re.Match[str]) -> str:
    module = f"require({found['module']})"
    wanted = [name for name in (found["default"], found["all"]) if name]
    said = [f"const {name} = {module};" for name in wanted]
    if found["names"]:
        said.append(f"const {{{re.sub(r' as ', ': ', found['names'])}}} = {module};")
    return " ".join(said or [f"{module};"]) + "\n" * found[0].count("\n")


def kinds_of(language: Language, code: str, name: str) -> dict[str, Any]:
    """What of arguments and result is no plain data, by the signature, or by what is said above the
    function; without either, by the names that such arguments have everywhere."""
    if language.name == "typescript":
        return _declared(code, name)
    above = re.search(
        rf"/\*\*((?:(?!\*/).){{0,3000}})\*/\s*[^\n]{{0,300}}\b{name}\b", code, re.DOTALL
    )
    said = re.findall(r"@param\s*\{([^}]*)\}", above[1]) if above else []
    gives = re.search(r"@returns?\s*\{([^}]*)\}", above[1]) if above else None
    if said or gives:
        return {"kinds": [_kind(each) for each in said], "gives": _kind(gives[1] if gives else "")}
    return _guessed(code, name)


def _declared(code: str, name: str) -> dict[str, Any]:
    start = re.search(
        rf"\b{name}\s*(?:<[^(]{{0,300}}>)?\s*(?:[:=][^(\n]{{0,300}}?)?(?:\bfunction\b\s*\w*\s*(?:<[^(]{{0,300}}>)?)?\(",
        code,
    )
    if start is None:
        return {"kinds": [], "gives": ""}
    listed = list(parts(code[start.end() :]))
    rest = code[start.end() + len(_up_to_end(code[start.end() :])) :]
    gives = re.match(r"\)\s*:\s*([^{=;]*)", rest)
    kinds = [_kind(each.partition(":")[2]) for each in listed if each]
    return {"kinds": kinds, "gives": _kind(gives[1] if gives else "")}


def _up_to_end(text: str) -> str:
    depth = 0
    for at, character in enumerate(text):
        if character == ")" and depth == 0:
            return text[:at]
        depth += (character in "([{") - (character in ")]}")
    return text


def _kind(said: str) -> str:
    """With a `[]` for each list around it: `ListNode[]`."""
    found = re.search(r"\b(?:ListNode|TreeNode|_?Node|bigint|BigInt)\b", said)
    if found is None:
        return ""
    around = said.count("[]") + len(re.findall(r"\bArray<", said))
    return _PLAIN.get(found[0], found[0]) + "[]" * around


_NAMES = {
    "Node": (r"root\w*|tree\w*|node", r"\.\s*children\b"),
    "ListNode": (r"head\w*|l[12]|list[12]|node", r"\.\s*next\b"),
    "ListNode[]": (r"lists", r"\.\s*next\b"),
    "TreeNode": (r"root\w*|tree\w*|t[12]|p|q|subRoot|original|cloned", r"\.\s*(?:left|right)\b"),
}


def _guessed(code: str, name: str) -> dict[str, Any]:
    start = re.search(rf"\b{name}\s*(?:[:=]\s*(?:async\s*)?(?:function\b\s*\w*\s*)?)?\(", code)
    listed = list(parts(code[start.end() :])) if start else []
    kinds = [
        next((kind for kind, (names, uses) in _NAMES.items()
              if re.fullmatch(names, each) and re.search(uses, code)), "")
        for each in listed
    ]  # fmt: skip
    return {"kinds": kinds, "gives": next((kind for kind in kinds if kind), "").removesuffix("[]")}
