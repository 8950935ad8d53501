"""Problems with a test program each, one file a language: HumanEval-X, HumanEvalPack, MultiPL-E."""

from __future__ import annotations

import re

from pydantic import AliasChoices, Field

from pettingllms.problems.prompts import add_paragraph, fenced, user
from pettingllms.problems.python_source import defined_functions, parse
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.python_tests import code_tests
from pettingllms.problems.shapes.shape import Record, RecordId, Text
from pettingllms.records import Message, Problem, ProgramTests, Solution, Tests
from pettingllms.records.languages import LANGUAGES, PYTHON, Language, find_language

_PREAMBLE = re.compile(
    r"(?:[ \t]*import[ \t]*\([^)]*\)[ \t]*\n"
    r"|[ \t]*fn main\(\)\s*\{\s*\}[ \t]*\n"
    r"|[ \t]*(?:#include\b|#define\b|using\b|import\b|use\b|package\b|const .*require\("
    r"|<\?php).*\n"
    r"|[ \t]*\n|[ \t]*//.*\n)+"
)
_END_OF_FUNCTION = re.compile(r"\s*\}[ \t]*\n")
_CLASS_AROUND_TESTS = {"java": "class Main extends Problem {", "csharp": "class Tests : Problem {"}


class HumanEvalXRecord(Record):
    task_id: RecordId
    prompt: Text
    declaration: str = ""
    test: Text
    language: str = ""
    canonical_solution: str | None = None
    entry_point: str | None = None
    test_setup: str = ""
    imports: str = Field("", validation_alias=AliasChoices("import", "imports"))
    buggy_solution: str | None = None


class MultiplRecord(Record):
    name: RecordId
    language: Text
    prompt: Text
    tests: Text


def humaneval_x_problem(record: HumanEvalXRecord) -> Problem:
    language = _known(record.language.strip() or record.task_id.partition("/")[0])
    declaration = record.declaration or record.prompt
    solution, wrong = record.canonical_solution, record.buggy_solution
    return Problem(
        id=record.task_id,
        messages=_messages(record.prompt, language),
        tests=_humaneval_x_tests(record, language.name),
        reference=None if solution is None else declaration + solution,
        wrong=() if wrong is None else (Solution(declaration + wrong),),
        language=language.name,
    )


def _humaneval_x_tests(record: HumanEvalXRecord, language: str) -> Tests:
    if language == PYTHON:
        function = record.entry_point or _asked_for(record.prompt)
        return code_tests([record.test], function, "test", setup=record.prompt)
    stub = record.declaration or record.prompt
    before = (record.test_setup, record.imports, _preamble(stub))
    return ProgramTests(record.test, "\n".join(filter(str.strip, before)))


def multipl_problem(record: MultiplRecord) -> Problem:
    language = _known(record.language)
    return Problem(
        id=record.name,
        messages=_messages(record.prompt, language),
        tests=_multipl_tests(record, language.name),
        language=language.name,
    )


def _multipl_tests(record: MultiplRecord, language: str) -> Tests:
    """Published to follow a function whose last brace is left out; here it is whole."""
    if language == PYTHON:
        return code_tests([record.tests], _asked_for(record.prompt), "tests", setup=record.prompt)
    cut = _END_OF_FUNCTION.match(record.tests)
    after = record.tests[cut.end() :] if cut else record.tests
    around = _CLASS_AROUND_TESTS.get(language)
    program = f"{around}\n{after}" if around else after
    return ProgramTests(program, _preamble(record.prompt))


def _preamble(stub: str) -> str:
    """The imports at the start of a stub: what the tests take for granted."""
    found = _PREAMBLE.match(stub)
    lines = found[0].splitlines() if found else []
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("//"))


def _asked_for(stub: str) -> str | None:
    """The last function of a stub in Python."""
    functions = defined_functions(parse(stub, "prompt"))
    return functions[-1].name if functions else None


def _known(name: str) -> Language:
    language = find_language(name.removesuffix("_test.go"))
    if language is None:
        raise UnusableRecordError(
            f"is a problem in `{name}`; answers can be tested in {', '.join(LANGUAGES)}"
        )
    return language


def _messages(stub: str, language: Language) -> tuple[Message, ...]:
    said = f"Complete the following {language.title} function. Answer with all of its code."
    return user(add_paragraph(said, fenced(stub, language.fence)))
