"""What is compiled: an answer as it stands, or with a driver, or with the tests it is published
with. Pure text work."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pettingllms.judge.languages.c_source import c_code, cpp_code, newer_headers
from pettingllms.judge.languages.csharp_source import csharp_code
from pettingllms.judge.languages.driver_files import driver_file
from pettingllms.judge.languages.go_source import go_program
from pettingllms.judge.languages.java_source import (
    java_program,
    main_class,
    public_class,
    with_newer_lists,
    with_preview,
    without_package,
)
from pettingllms.judge.languages.kotlin_source import kotlin_main
from pettingllms.records.languages import Language

MOST_CODE = 200_000
"""Characters: each way in which a language's answers are written is looked for in all of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The files of a program: which of them are compiled, with which `flags`, which are still
    needed then, and what is started (a file or class, and its arguments)."""

    language: Language
    files: Mapping[str, str]
    sources: tuple[str, ...]
    main: str
    flags: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        parts = (
            self.language.name,
            dict(self.files),
            self.sources,
            self.main,
            self.flags,
            self.keep,
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def program_plan(language: Language, code: str) -> Plan:
    """The answer is a whole program."""
    name, text = saved_as(language, code)
    files = {name: text, **helpers(language, text)}
    return Plan(language, files, (name,), started_by(language, text, name))


def helpers(language: Language, code: str) -> dict[str, str]:
    """What the compiler needs beside the code."""
    match language.name:
        case "typescript":
            return {"transpile.js": driver_file("transpile.js")}
        case "cpp":
            return newer_headers(code)
        case _:
            return {}


def second_try(plan: Plan, said: str) -> Plan | None:
    """The plan of a program that was refused, as another edition of its language has it; `said`
    by the compiler is what was wrong with the first."""
    language = plan.language
    for sign, command in language.editions:
        if re.search(sign, said):
            return replace(plan, language=replace(language, compile=command))
    if language.name == "java" and "preview feature" in said:
        return _with_preview(plan)
    files = with_newer_lists(plan.files, said) if language.name == "java" else plan.files
    if files == plan.files:
        return None
    added = tuple(files.keys() - plan.files.keys())
    return replace(plan, files=files, sources=plan.sources + added)


def _with_preview(plan: Plan) -> Plan:
    """What the compiler knows and does not take unless it is told to."""
    language, version = plan.language, plan.language.version[0]
    compile_, run = (
        re.sub(r"(/bin/javac?) ", rf"\1 --enable-preview {more}", command)
        for command, more in ((language.compile, f"-source {version} "), (language.run, ""))
    )
    files = {name: with_preview(text) for name, text in plan.files.items()}
    return replace(plan, language=replace(language, compile=compile_, run=run), files=files)


def saved_as(language: Language, code: str) -> tuple[str, str]:
    """The file's name, and its text: a module of JavaScript, a class of Java have names of their
    own, and PHP begins with a mark."""
    rewrite = _REWRITTEN.get(language.name, str)
    text = rewrite(code)
    match language.name:
        case "java":
            return f"{public_class(text) or 'Main'}.java", text
        case "javascript" if _MODULE.search(code):
            return "answer.mjs", code
        case "typescript" if _AWAITS.search(code):
            return "answer.mts", code
        case _:
            return language.file, text


def _marked(code: str) -> str:
    return code if re.search(r"<\?(?:php|=|\s)", code) else f"<?php\n{code}"


_REWRITTEN: Mapping[str, Callable[[str], str]] = {
    "c": c_code,
    "cpp": cpp_code,
    "java": java_program,
    "kotlin": without_package,
    "csharp": csharp_code,
    "go": go_program,
    "php": _marked,
}
_AWAITS = re.compile(
    r"(?:^|;[ \t]*)(?:(?:const|let|var)\s[^=\n]+=\s*|for\s+)?await\b", re.MULTILINE
)
_MODULE = re.compile(r"^(?:import\s[^(]|import\{|export\s)", re.MULTILINE)


def started_by(language: Language, code: str, name: str) -> str:
    match language.name:
        case "java":
            return main_class(code) or name.removesuffix(".java")
        case "kotlin":
            return kotlin_main(code)
        case "typescript":
            return re.sub(r"ts$", "js", name)
        case _:
            return name
