"""An answer's function with the driver that calls it, as one program. Pure text work.

What an answer defines beside the function stays; a `main` of its own is kept out of the way, and
what the tests of LeetCode take for granted (imports, `struct Solution`) is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from pettingllms.judge.languages.java_source import top_classes, without_package
from pettingllms.judge.languages.plans import Plan, driver_file, helpers
from pettingllms.records.languages import Language

_JAVA_IMPORTS = "import java.util.*; import java.util.function.*; import java.util.stream.*; "


def function_plan(language: Language, code: str, entry_point: str) -> Plan:
    """Raises TypeError where the language has no driver."""
    make = _PLANS.get(language.name)
    if make is None:
        raise TypeError(f"there is no driver for functions in {language.title}")
    return make(language, code, re.split(r"\.|::", entry_point)[-1])


def _is_method(code: str, name: str) -> bool:
    """Of `class Solution`, rather than a function beside it."""
    found = re.search(r"\b(?:class|struct)\s+Solution\b", code)
    return found is not None and re.search(rf"\b{name}\s*\(", code[: found.start()]) is None


def _cpp(language: Language, code: str, name: str) -> Plan:
    called = f"&Solution::{name}" if _is_method(code, name) else f"&{name}"
    assumed = "" if re.search(r"\busing\s+namespace\b|\bstd::", code) else "using namespace std;\n"
    headers = ["driver.hpp", *(["nodes.hpp", "nodes_codec.hpp"] if _NODES.search(code) else [])]
    nodes = '#include "nodes.hpp"\n' if _NODES.search(code) and not _defines_nodes(code) else ""
    codec = '#include "nodes_codec.hpp"\n' if _NODES.search(code) else ""
    driver = (
        f'#include "driver.hpp"\n{nodes}{assumed}#define main answer_main\n'
        f'#include "answer.cpp"\n#undef main\n{codec}'
        f"int main() {{ return judge::serve(judge::caller({called})); }}\n"
    )
    files = {name: driver_file(name) for name in headers}
    files |= {"answer.cpp": f"{code}\n", "driver.cpp": driver}
    return Plan(language, files, ("driver.cpp",), "")


_NODES = re.compile(r"\b(?:ListNode|TreeNode)\b")


def _defines_nodes(code: str) -> bool:
    """Outside comments, where sites show what is there already."""
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", code, flags=re.DOTALL)
    return re.search(r"\b(?:class|struct)\s+(?:ListNode|TreeNode)\s*\{", plain) is not None


def _java(language: Language, code: str, name: str) -> Plan:
    code = re.sub(r"\bpublic\s+(?=(?:\w+\s+)*class\b)", "", without_package(code))
    if not top_classes(code):
        code = f"class Solution {{ {code}\n}}"
    files = {"Answer.java": _JAVA_IMPORTS + code, "Driver.java": driver_file("Driver.java")}
    if _NODES.search(code) and not _defines_nodes(code):
        files["Nodes.java"] = driver_file("Nodes.java")
    classes = " ".join(top_classes(code))
    return Plan(language, files, tuple(files), f"Driver {name} {classes}")


def _javascript(language: Language, code: str, name: str) -> Plan:
    files = {"answer.js": code, "driver.js": driver_file("driver.js")}
    return Plan(language, files, (), f"driver.js answer.js {name}")


def _typescript(language: Language, code: str, name: str) -> Plan:
    driver = {"driver.js": driver_file("driver.js"), **helpers(language)}
    plan = Plan(language, {"answer.ts": code, **driver}, ("answer.ts",), "")
    return replace(plan, main=f"driver.js answer.js {name}", keep=("driver.js",))


def _go(language: Language, code: str, name: str) -> Plan:
    code = re.sub(r"^\s*package\s+\w+", "", code, count=1)
    code = re.sub(r"^func\s+main\s*\(", "func answerMain(", code, flags=re.MULTILINE)
    driver = driver_file("driver.go") + f"\nvar judgedFunction = {name}\n"
    files = {"answer.go": f"package main; {code}", "driver.go": driver}
    return Plan(language, files, tuple(files), "")


def _rust(language: Language, code: str, name: str) -> Plan:
    code = re.sub(r"\bfn\s+main\s*\(", "fn answer_main(", code)
    is_method = re.search(r"\bimpl\s+Solution\b", code) is not None
    if is_method and not re.search(r"\bstruct\s+Solution\b", code):
        code = f"struct Solution; {code}"
    called = f"Solution::{name}" if is_method else name
    lines, names = _rust_arguments(code, name)
    body = "\n".join(
        [
            "fn main() { judge::serve(|args| {",
            *lines,
            f"let result = {called}({', '.join(names)});",
            "judge::ToJson::to_json(&result) }) }",
        ]
    )
    if _gives_nothing(code, name) and names:
        body = body.replace("&result)", "&argument_0)")
    files = {"driver.rs": f"{code}\n{driver_file('driver.rs')}\n{body}\n"}
    return Plan(language, files, ("driver.rs",), "")


def _rust_arguments(code: str, name: str) -> tuple[list[str], list[str]]:
    """Statements that read each argument, and how it is passed: owned, or lent as the function
    has it."""
    lines: list[str] = []
    names: list[str] = []
    for number, kind in enumerate(_rust_types(code, name)):
        lent = re.match(r"&\s*(?:'\w+\s+)?(?P<mut>mut\s+)?(?P<kind>.*)", kind, re.DOTALL)
        owned = _owned(lent["kind"] if lent else kind)
        lines.append(f"let mut argument_{number}: {owned} = judge::argument(args, {number});")
        lines.append(f"let _ = &mut argument_{number};")
        mark = ("&mut " if lent["mut"] else "&") if lent else ""
        names.append(f"{mark}argument_{number}")
    return lines, names


def _owned(kind: str) -> str:
    """`str` and slices, which are only lent, by what owns them; inner ones cannot be."""
    kind = kind.strip()
    if kind == "str":
        return "String"
    inner = re.fullmatch(r"\[([^;]*)\]", kind, re.DOTALL)
    return f"Vec<{inner[1]}>" if inner else kind


def _rust_types(code: str, name: str) -> list[str]:
    start = re.search(rf"\bfn\s+{name}\s*(?:<[^(]*>)?\s*\(", code)
    if start is None:
        return []
    parts: list[str] = []
    depth, part = 0, ""
    for character in code[start.end() :]:
        if depth == 0 and character in ",)":
            parts.append(part)
            part = ""
            if character == ")":
                break
            continue
        depth += (character in "([<{") - (character in ")]>}")
        part += character
    typed = (each.partition(":")[2].strip() for each in parts)
    return [kind for kind in typed if kind]


def _gives_nothing(code: str, name: str) -> bool:
    return re.search(rf"\bfn\s+{name}\s*(?:<[^(]*>)?\s*\([^{{]*\)\s*\{{", code) is not None


_PLANS: Mapping[str, Callable[[Language, str, str], Plan]] = {
    "cpp": _cpp,
    "java": _java,
    "javascript": _javascript,
    "typescript": _typescript,
    "go": _go,
    "rust": _rust,
}
