"""An answer's function with the driver that calls it, as one program. Pure text work.

What an answer defines beside the function stays; a `main` of its own is kept out of the way, and
what the tests of LeetCode take for granted (imports, nodes, `struct Solution`) is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from pettingllms.judge.languages.c_source import cpp_code
from pettingllms.judge.languages.called import (
    Called,
    parts,
    spelled,
    type_arguments,
    what_is_called,
    without_comments,
)
from pettingllms.judge.languages.driver_files import driver_file
from pettingllms.judge.languages.go_source import go_code, go_driver
from pettingllms.judge.languages.java_source import (
    assumed_pair,
    java_imports,
    top_classes,
    without_package,
    without_public,
)
from pettingllms.judge.languages.plans import Plan, helpers
from pettingllms.judge.languages.rust_source import rust_program
from pettingllms.judge.languages.script_source import as_script, kinds_of
from pettingllms.records import FunctionTests
from pettingllms.records.languages import Language

_NODES = re.compile(r"\b(?:ListNode|TreeNode)\b")
_BRANCHED = re.compile(r"\bNode\b.*\bchildren\b", re.DOTALL)


def function_plan(language: Language, code: str, tests: FunctionTests) -> Plan:
    """Raises TypeError where the language has no driver."""
    make = _PLANS.get(language.name)
    if make is None:
        raise TypeError(f"there is no driver for functions in {language.title}")
    called = what_is_called(tests)
    return make(language, code, replace(called, name=spelled(code, called.name)))


def call_line(language: Language, args: tuple[Any, ...]) -> str:
    """What a driver reads for one call."""
    is_script = language.name in ("javascript", "typescript")
    return json.dumps(_exact(args) if is_script else args, default=list) + "\n"


def _exact(value: Any) -> Any:
    """Numbers that a script would round, in words."""
    if isinstance(value, int) and abs(value) > _MOST_EXACT:
        return {"int": hex(value)}
    if isinstance(value, list | tuple):
        return [_exact(one) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in cast("dict[str, Any]", value).items()}
    return value


_MOST_EXACT = 1 << 53


def _owner(code: str, called: Called) -> str | None:
    """The class that has the function as a method; None for a function that stands alone."""
    for owner in (called.owner, "Solution"):
        found = owner and re.search(rf"\b(?:class|struct)\s+{owner}\b", code)
        if found:
            return None if re.search(rf"\b{called.name}\s*\(", code[: found.start()]) else owner
    return None


def _assumed_nodes(code: str, linked: str, branched: str) -> list[str]:
    """The files with the nodes that an answer speaks of, and does not define."""
    plain = without_comments(code)
    own = re.findall(r"\b(?:class|struct)\s+(ListNode|TreeNode|Node)\s*\{", plain)
    assumed = [linked] if _NODES.search(code) and not {"ListNode", "TreeNode"} & {*own} else []
    return [*assumed, branched] if _BRANCHED.search(plain) and "Node" not in own else assumed


_STD = (
    "vector|map|set|unordered_map|unordered_set|pair|queue|stack|deque|priority_queue|tuple|array"
)
_BARE = re.compile(rf"(?<![\w:.>])(?:(?:{_STD})\s*<|string\s+\w|string\s*&)")


def _cpp(language: Language, code: str, called: Called) -> Plan:
    """With `using namespace std` where the code has names of it bare."""
    has_nodes = _NODES.search(code) or _BRANCHED.search(code)
    code = re.sub(
        rf"\bclass\s+(?:Solution|{called.name})\b[^;{{}}()]{{0,300}}\{{", r"\g<0> public:", code
    )
    code = cpp_code(code)
    says_std = re.search(r"\busing\s+namespace\b|\bstd::", code) and not _BARE.search(code)
    headers = ["driver.hpp", *(["nodes_codec.hpp"] if has_nodes else [])]
    nodes = _assumed_nodes(code, "nodes.hpp", "node.hpp")
    files = {name: driver_file(name) for name in (*headers, *nodes)}
    lines = [
        *(f'#include "{name}"' for name in files),
        "" if says_std else "using namespace std;",
        "#define main answer_main",
        '#include "answer.cpp"',
        "#undef main",
        f"signed main() {{ return answer_driver::serve({_cpp_caller(code, called)}); }}\n",
    ]
    files |= {"answer.cpp": f"{code}\n", "driver.cpp": "\n".join(lines), **helpers(language, code)}
    return Plan(language, files, ("driver.cpp",), "")


def _cpp_caller(code: str, called: Called) -> str:
    if called.is_life:
        return _cpp_life(called)
    owner = _owner(code, called)
    result = "answer_driver::RETURNED" if called.result is None else str(called.result)
    name = f"{owner}::{called.name}" if owner else f"::{called.name}"
    template, definitions = _cpp_definitions(code, called.name)
    if definitions == 1 and template is None:
        return f"answer_driver::caller({result}, &{name})"
    given = _given(len(called.args))
    target = f"{owner}{{}}.{called.name}" if owner else name
    overloads = _cpp_overloads(code, called) if template is None else []
    if len(overloads) > 1:
        calls = (_cpp_overload(types, result, target) for types in overloads)
        return f"answer_driver::one_of({', '.join(calls)})"
    if template is not None:
        params = list(parts(template[2]))
        bound = type_arguments(template[1], params, called.args, _CPP_KINDS)
        target += f"<{', '.join(bound.values())}>" if bound else ""
    return (
        "[](const answer_driver::Args &args) { answer_driver::Arguments<> a(args);"
        f" return answer_driver::outcome({result}, a,"
        f" [&]() -> decltype(auto) {{ return {target}({given}); }}); }}"
    )


_CPP_KINDS = {"int": "long long", "float": "double", "text": "std::string", "bool": "bool"}


def _cpp_definitions(code: str, name: str) -> tuple[re.Match[str] | None, int]:
    """The head of a template of that name, and how often the name is declared; twice, where it has
    arguments that may be left out."""
    head = rf"[\w>&*]\s*[\s&*]{name}\s*\("
    template = re.search(
        rf"\btemplate\s*<([^<>]{{0,300}})>[^;{{}}()]{{0,300}}?{head}([^{{}};]*)", code
    )
    plain = without_comments(code)
    found = re.finditer(rf"(\b\w+|[>&*])\s*[\s&*]{name}\s*{_ARGUMENTS}", plain)
    return template, sum(1 + ("=" in each[2]) for each in found if each[1] not in _NO_TYPES)


def _cpp_overloads(code: str, called: Called) -> list[list[str]]:
    """The types of the parameters of each function of that name that takes so many; those for
    narrow numbers come first."""
    head = rf"(\b\w+|[>&*])\s*[\s&*]{called.name}\s*{_ARGUMENTS}"
    found = re.finditer(head, without_comments(code))
    listed = [[_cpp_type(part) for part in parts(f"{each[2]})") if part] for each in found
              if each[1] not in _NO_TYPES]  # fmt: skip
    fitting = [types for types in listed if len(types) == len(called.args)]
    widths = ((r"\b(?:double|float)\b", 9), (r"\blong\b|\bint64_t\b|\bll\b", 1))
    return sorted(fitting, key=lambda types: sum(
        width * len(re.findall(kind, ", ".join(types))) for kind, width in widths
    ))  # fmt: skip


def _cpp_type(param: str) -> str:
    """A parameter without its name and what it is if it is left out."""
    param = param.partition("=")[0].strip()
    named = re.fullmatch(r"(.*[\s&*>])(\w+)\s*(\[\])?", param, re.DOTALL)
    if named is None or re.fullmatch(_CPP_WORDS, named[2]) or named[1].strip() == "const":
        return param
    return named[1].strip() + ("*" if named[3] else "")


_CPP_WORDS = r"int|long|short|char|double|float|bool|unsigned|signed|const"
_ARGUMENTS = r"\(([^;{}]{0,3000}?)\)[^;{}()]{0,300}\{"
_NO_TYPES = ("return", "else", "case", "throw", "new", "and", "or", "not")


def _cpp_overload(types: list[str], result: str, target: str) -> str:
    params = ", ".join(f"{kind} a{at}" for at, kind in enumerate(types))
    given = ", ".join(f"std::forward<{kind}>(a{at})" for at, kind in enumerate(types))
    call = f"[]({params}) -> decltype(auto) {{ return {target}({given}); }}"
    return f"answer_driver::overload<{', '.join(types)}>({result}, {call})"


def _given(count: int) -> str:
    return ", ".join(f"a[{at}]" for at in range(count))


def _cpp_life(called: Called) -> str:
    name = called.name
    makers = [
        f"life.makers[{count}] = [](auto &a) {{ return new {name}({_given(count)}); }};"
        for count in called.made_of
    ]
    methods = [
        f'life.methods[{{"{method}", {count}}}] = []({name} &it, auto &a) {{'
        f" return answer_driver::said([&]() -> decltype(auto) {{"
        f" return it.{method}({_given(count)}); }}); }};"
        for method, count in called.methods
    ]
    made = " ".join((f"answer_driver::Life<{name}> life;", *makers, *methods))
    return f"[] {{ {made} return life; }}()"


def _java(language: Language, code: str, called: Called) -> Plan:
    code = without_public(without_package(code))
    if not top_classes(code):
        imports = "".join(re.findall(r"^[^\S\n]*import\s[^;]{1,300};", code, re.MULTILINE))
        body = re.sub(r"^[^\S\n]*import\s[^;]{1,300};", "", code, flags=re.MULTILINE)
        code = f"{imports} class Solution {{ {body}\n}}"
    driver = {name: driver_file(name) for name in ("JudgeDriver.java", "JudgeJson.java")}
    files = {"Answer.java": java_imports(code) + code, **driver}
    assumed = _assumed_nodes(code, "Nodes.java", "Node.java")
    files |= {name: driver_file(name) for name in (*assumed, *assumed_pair(code))}
    names = top_classes(code)
    classes = " ".join(sorted(names, key=lambda name: name not in (called.owner, "Solution")))
    started = f"JudgeDriver {called.name} {called.how} {classes}"
    return Plan(language, files, tuple(files), started)


def _script(language: Language, code: str, called: Called) -> str:
    """What is started, and in one word all that the driver has to know."""
    maker = "constructor" if re.search(r"\bconstructor\s*\(", code) else called.name
    methods = {name: kinds_of(language, code, name) for name, _ in called.methods}
    said = {"name": called.name, "owner": called.owner, "how": called.how}
    kinds = {"methods": methods | {called.name: kinds_of(language, code, maker)}}
    kinds |= kinds_of(language, code, called.name)
    told = json.dumps(said | kinds, separators=(",", ":"))
    return f"driver.js answer.js {told}"


def _javascript(language: Language, code: str, called: Called) -> Plan:
    files = {"answer.js": as_script(code), "driver.js": driver_file("driver.js")}
    return Plan(language, files, (), _script(language, code, called))


def _typescript(language: Language, code: str, called: Called) -> Plan:
    driver = {"driver.js": driver_file("driver.js"), **helpers(language, code)}
    files = {"answer.ts": code, **driver}
    main = _script(language, code, called)
    return Plan(language, files, ("answer.ts",), main, keep=("driver.js",))


def _go(language: Language, code: str, called: Called) -> Plan:
    driver = driver_file("driver.go") + go_driver(code, called)
    files = {"answer.go": go_code(code), "driver.go": driver}
    return Plan(language, files | helpers(language, code), tuple(files), "")


def _rust(language: Language, code: str, called: Called) -> Plan:
    return Plan(language, {"driver.rs": rust_program(code, called)}, ("driver.rs",), "")


_PLANS: Mapping[str, Callable[[Language, str, Called], Plan]] = {
    "cpp": _cpp,
    "java": _java,
    "javascript": _javascript,
    "typescript": _typescript,
    "go": _go,
    "rust": _rust,
}
