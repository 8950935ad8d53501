"""The sentences put around a problem's own text, which itself stays as it was published."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pettingllms.records import (
    AssertTests,
    FunctionTests,
    Message,
    Problem,
    ProgramTests,
    StdioTests,
)
from pettingllms.records.languages import LANGUAGES, PYTHON, Language

_SYSTEM_PROMPT = (
    "You are an expert {title} programmer. Solve the problem. Reply with a short explanation and"
    " the complete solution in one ```{fence} code block, with every {need} it needs."
)


def system_prompt(language: Language) -> str:
    """What answers in this language are asked for with."""
    return _SYSTEM_PROMPT.format(title=language.title, fence=language.fence, need=language.imports)


SYSTEM_PROMPT = system_prompt(LANGUAGES[PYTHON])
_NAMED = "Write a function named `{}`."
_STDIO = "Read from standard input and write to standard output."
_CONTRACT = re.compile(rf"\n+(?:{_NAMED.format('.+')}|{_STDIO})\s*\Z")
_STDIO_SAID = re.compile(r"\bstd(in|out)\b|\bstandard (in|out)put\b", re.IGNORECASE)


def user(text: str) -> tuple[Message, ...]:
    return ({"role": "user", "content": text},)


def add_paragraph(text: str, paragraph: str) -> str:
    return text + ("\n" if text.endswith("\n") else "\n\n") + paragraph


def sections(parts: Mapping[str, str]) -> str:
    """Texts under their titles, without those that are empty."""
    told = (f"{title}\n\n{text}".strip() for title, text in parts.items() if text.strip())
    return "\n\n".join(told)


def fenced(code: str, label: str = PYTHON) -> str:
    """`code` as a Markdown block whose fence does not occur in it."""
    fence = "```"
    while fence in code:
        fence += "`"
    end = "" if code.endswith("\n") else "\n"
    return f"{fence}{label}\n{code}{end}{fence}"


def with_starter_code(question: str, starter: str) -> tuple[Message, ...]:
    """What is asked, and the code that the answer is to begin with, if any."""
    if not starter.strip():
        return user(question)
    asked = add_paragraph(question, "Use this starter code:")
    return user(add_paragraph(asked, fenced(starter)))


def with_contract(problem: Problem) -> Problem:
    """The problem whose messages say how the tests will use the answer, where they do not yet."""
    contract = _contract(problem)
    if not contract:
        return problem
    *before, last = problem.messages
    told: Message = {"role": "user", "content": add_paragraph(last["content"], contract)}
    return replace(problem, messages=(*before, told))


def without_contract(text: str) -> str:
    """The problem's own text, of what it was asked with."""
    return _CONTRACT.sub("", text)


def _contract(problem: Problem) -> str:
    match problem.tests:
        case FunctionTests(entry_point=name) | AssertTests(entry_point=name):
            said = mentions(name, problem.messages)
            return "" if said else _NAMED.format(name)
        case ProgramTests(entry_point=name):
            said = not name or mentions(name, problem.messages)
            return "" if said else _NAMED.format(name)
        case StdioTests():
            said = any(_STDIO_SAID.search(message["content"]) for message in problem.messages)
            return "" if said else _STDIO
        case None:
            return ""


def mentions(name: str, messages: Sequence[Message]) -> bool:
    """Whether the name stands somewhere in them, as a word."""
    return any(_stands_in(message["content"], name) for message in messages)


def _stands_in(text: str, name: str) -> bool:
    """Without a pattern: there would be one to compile for each problem of a set."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not _is_letter(text[start - 1 : start]) and not _is_letter(text[end : end + 1]):
            return True
        start = text.find(name, start + 1)
    return False


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
