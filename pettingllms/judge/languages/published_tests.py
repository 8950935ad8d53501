"""An answer and the tests that are published with it, as one program. Pure text work.

A harness around them takes a secret from descriptor 3 before the answer runs, and writes it to
descriptor 4 once the last test is through: not where the program ends early, whatever it says of
its own success. What fails a test without ending the program is made to end it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from pettingllms.judge.languages.c_source import cpp_code
from pettingllms.judge.languages.driver_files import driver_file
from pettingllms.judge.languages.go_source import imports_and_body
from pettingllms.judge.languages.java_source import main_class, top_classes, without_package
from pettingllms.judge.languages.plans import Plan, helpers
from pettingllms.judge.languages.script_source import as_script
from pettingllms.records import ProgramTests
from pettingllms.records.languages import Language

_MACRO = re.compile(r"^[^\S\n]*#[^\S\n]*define\s+(\w+)", re.MULTILINE)
_C_GUARD = "\n#undef main\n#undef NDEBUG\n#include <assert.h>\n"


def published_plan(language: Language, code: str, tests: ProgramTests) -> Plan:
    """Raises TypeError where the language has no harness, or the tests have no beginning."""
    make = _PLANS.get(language.name)
    if make is None:
        raise TypeError(f"there is no harness for tests in {language.title}")
    return make(language, code, tests)


def _c(language: Language, code: str, tests: ProgramTests) -> Plan:
    """The linker puts the harness before `main`, which stays what it is."""
    is_cpp = language.name == "cpp"
    before = f"#define main answer_main\n{tests.before}\n{code}"
    macros = sorted(set(_MACRO.findall(code)) - set(_MACRO.findall(tests.before)))
    guard = "".join(f"\n#undef {name}" for name in macros) + _C_GUARD
    files = {
        language.file: f"{cpp_code(before) if is_cpp else before}{guard}{tests.after}\n",
        "harness.c": driver_file("harness.c"),
    }
    if is_cpp:
        files["harness.cpp"] = f'extern "C" {{\n{files.pop("harness.c")}\n}}\n'
    plan = Plan(language, files, tuple(files), "", flags=("-Wl,--wrap=main",))
    return replace(plan, files=files | helpers(language, files[language.file]))


def _java(language: Language, code: str, tests: ProgramTests) -> Plan:
    own = main_class(tests.after)
    for name in (own, *_TOOLS_OF_JAVA):
        code = _without_class(code, name) if name else code
    whole = without_package(f"{tests.before}\n{code}\n{tests.after}")
    imports = re.findall(r"^[^\S\n]*import\s+[\w.* ]+;", whole, re.MULTILINE)
    body = re.sub(r"^[^\S\n]*import\s+[\w.* ]+;", "", whole, flags=re.MULTILINE)
    body = re.sub(r"\bpublic\s+(?=(?:\w+\s+){0,8}class\b)", "", body)
    started = main_class(body) or "Main"
    files = {
        "Tests.java": "\n".join(dict.fromkeys(imports)) + body,
        "Harness.java": driver_file("Harness.java"),
    }
    return Plan(language, files, tuple(files), f"Harness {started}")


# What tests say of themselves, and no class of an answer's may stand for.
_TOOLS_OF_JAVA = (
    *("Arrays", "List", "ArrayList", "Collections", "Objects", "Boolean", "Integer", "Long"),
    *("Double", "Math", "String", "System", "Object", "AssertionError", "RuntimeException"),
)


def _without_class(code: str, name: str) -> str:
    """An answer's own class of the name that the tests need, renamed."""
    return re.sub(rf"\b{name}\b", f"Answer{name}", code) if name in top_classes(code) else code


_DECLARED = r"\b(?:const|let|var|function|class)\s+(console|assert|require|JSON|process)\b"


def _without_own(code: str, declared: str) -> str:
    """What an answer has of its own under a name that the tests need, renamed."""
    for name in set(re.findall(declared, code)):
        code = re.sub(rf"(?<![\w.]){name}\b", f"answer_{name}", code)
    return code


def _javascript(language: Language, code: str, tests: ProgramTests) -> Plan:
    own = _without_own(as_script(code), _DECLARED)
    files = {
        "answer.js": f"{tests.before}\n{own}\n{tests.after}\n",
        "harness.js": driver_file("harness.js"),
    }
    return Plan(language, files, (), "harness.js answer.js")


def _typescript(language: Language, code: str, tests: ProgramTests) -> Plan:
    files = {
        "answer.ts": f"{tests.before}\n{_without_own(code, _DECLARED)}\n{tests.after}\n",
        "harness.js": driver_file("harness.js"),
        **helpers(language, code),
    }
    main = "harness.js answer.js"
    return Plan(language, files, ("answer.ts",), main, keep=("harness.js",))


def _go(language: Language, code: str, tests: ProgramTests) -> Plan:
    """With `func Test...`, or with a `main`; imports come first, each of them once."""
    code = re.sub(r"^func\s+main\s*\(", "func answerMain(", code, flags=re.MULTILINE)
    after = re.sub(r"^func\s+main\s*\(", "func judgedMain(", tests.after, flags=re.MULTILINE)
    whole = f"{tests.before}\n{code}\n{after}"
    names = re.findall(r"^func\s+(Test\w+)\s*\(\s*\w+\s+\*testing\.T", whole, re.MULTILINE)
    imports, body = imports_and_body(
        re.sub(r"^[^\S\n]*package\s+\w+", "", whole, flags=re.MULTILINE)
    )
    if not names and "judgedMain" not in after:
        raise TypeError("the tests in Go have neither a `main` nor a `func Test`")
    kind = "_test" if names else ""
    files = {
        f"tests{kind}.go": f"package main\n{imports}\n{body}\n",
        f"harness{kind}.go": driver_file(f"harness{kind}.go"),
    }
    test = f"{language.compile.split()[0]} test -c -vet=off -o answer {{sources}}"
    command = test if names else language.compile
    return Plan(replace(language, compile=command), files, tuple(files), "")


def _rust(language: Language, code: str, tests: ProgramTests) -> Plan:
    code = _without_crates(re.sub(r"\bfn\s+main\s*\(", "fn answer_main(", code), tests.before)
    for name in re.findall(r"\bmacro_rules!\s*((?:debug_)?assert\w*|panic)\b", code):
        code = re.sub(rf"\b{name}\b(?=!|\s*[{{(])", f"answer_{name}", code)
    before = _imported_apart(re.sub(r"\bfn\s+main\s*\(\s*\)\s*\{\s*\}", "", tests.before))
    after = re.sub(r"\bfn\s+main\s*\(", "fn judged_main(", tests.after)
    names = re.findall(r"#\[test\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s+)?fn\s+(\w+)", after)
    module = re.search(r"#\[cfg\(test\)\]\s*mod\s+(\w+)", after)
    after = after.replace("#[cfg(test)]", "")
    after = re.sub(r"#\[test\]\s*((?:#\[[^\]]*\]\s*)*)(?:pub\s+)?fn", r"\1pub fn", after)
    inside = f"{module[1]}::" if module else ""
    calls = [f"{inside}{name}();" for name in names] or ["judged_main();"]
    harness = driver_file("harness.rs").replace("// CALLS", " ".join(calls))
    files = {"tests.rs": f"{before}\n{code}\n{after}\n{harness}"}
    return Plan(language, files, ("tests.rs",), "")


_RUST_USE = re.compile(r"^[ \t]*(?:pub\s+)?use\s+((?:::)?(\w+)[^;]{0,3000});", re.MULTILINE)
_RUST_OWN = {"std", "core", "alloc", "crate", "self", "super"}


def _imported_apart(before: str) -> str:
    """What a stub imports, in a module whose names an answer may import again."""
    used = "".join(
        f"pub use {path}; " for path, crate in _RUST_USE.findall(before) if crate in _RUST_OWN
    )
    rest = _RUST_USE.sub("", before)
    return f"mod stub_imports {{ {used}}}\n#[allow(unused_imports)]\nuse stub_imports::*;\n{rest}"


def _without_crates(code: str, before: str) -> str:
    """HumanEval-X names three crates in each stub, which answers repeat; they are not there, and
    hardly any answer uses one."""
    missing = {crate for _, crate in _RUST_USE.findall(before)} - _RUST_OWN
    return _RUST_USE.sub(lambda use: "" if use[2] in missing else use[0], code)


def _csharp(language: Language, code: str, tests: ProgramTests) -> Plan:
    asserted = r"\b(?:System\.Diagnostics\.)?(?:Debug|Trace)\.Assert(?=\s*\()"
    after = re.sub(asserted, "global::JudgeHarness.Assert", tests.after)
    whole = f"{tests.before}\n{code}\n{after}"
    uses = re.findall(r"^[^\S\n]*using\s+[\w.= <>]+;", whole, re.MULTILINE)
    body = re.sub(r"^[^\S\n]*using\s+[\w.= <>]+;", "", whole, flags=re.MULTILINE)
    names = re.findall(r"\b(?:class|struct)\s+(\w+)", body[: body.rfind(" Main(")])
    harness = driver_file("harness.cs").replace("Tested", names[-1] if names else "Program")
    files = {
        "answer.cs": "\n".join(dict.fromkeys(line.strip() for line in uses)) + f"\n{body}\n",
        "harness.cs": harness,
    }
    return Plan(language, files, tuple(files), "", flags=("-main:JudgeHarness",))


def _kotlin(language: Language, code: str, tests: ProgramTests) -> Plan:
    code = re.sub(r"\bfun\s+main\s*\(", "fun answerMain(", without_package(code))
    code = _without_own(code, r"\bfun\s+(assert\w*|check|require|error)\s*\(")
    whole = without_package(f"{tests.before}\n{code}\n{tests.after}")
    imports = re.findall(r"^[^\S\n]*import\s+[\w.*]+", whole, re.MULTILINE)
    body = re.sub(r"^[^\S\n]*import\s+[\w.*]+;?", "", whole, flags=re.MULTILINE)
    takes = re.search(r"\bfun\s+main\s*\(\s*\w", body) is not None
    harness = driver_file("harness.kt").replace("TESTS()", f"main({'arrayOf()' * takes})")
    text = "\n".join(dict.fromkeys(line.strip() for line in imports)) + f"\n{body}\n{harness}"
    return Plan(language, {"answer.kt": text}, ("answer.kt",), "JudgeHarness")


def _interpreted(harness: str) -> Callable[[Language, str, ProgramTests], Plan]:
    """The harness loads the program."""

    def make(language: Language, code: str, tests: ProgramTests) -> Plan:
        if language.name == "ruby":
            tested = "|".join(re.findall(r"^class\s+(\w+)", tests.after, re.MULTILINE)) or "(?!)"
            code = re.sub(rf"\b({tested})\b", r"Answer\1", code)
        text = f"{tests.before}\n{code}\n{tests.after}\n"
        if language.name == "php":
            text = "<?php\n" + re.sub(r"<\?php|^\s*\?>\s*$", "", text, flags=re.MULTILINE)
        files = {language.file: text, harness: driver_file(harness)}
        return Plan(language, files, (), harness)

    return make


_PLANS: Mapping[str, Callable[[Language, str, ProgramTests], Plan]] = {
    "c": _c,
    "cpp": _c,
    "java": _java,
    "javascript": _javascript,
    "typescript": _typescript,
    "go": _go,
    "rust": _rust,
    "csharp": _csharp,
    "kotlin": _kotlin,
    "ruby": _interpreted("harness.rb"),
    "php": _interpreted("harness.php"),
    "bash": _interpreted("harness.sh"),
}
