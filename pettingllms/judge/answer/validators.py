"""What can be said of an answer without running it, cheapest first; each reason is counted.

A validator is a function from a Candidate to the verdict that ends its trial, or None. Its Outcome
is in `records/verdicts.py`. A user's own one is named on the command line: see `UserValidator`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from pettingllms.judge.answer.asked_libraries import asked_libraries
from pettingllms.judge.answer.extract import fence_labels
from pettingllms.judge.answer.fences import PYTHON_LABELS
from pettingllms.judge.answer.python_source import imported_modules, parse_python
from pettingllms.judge.answer.reasoning import without_reasoning
from pettingllms.records import Completion, Failure, FinishReason, Outcome, Problem, Verdict
from pettingllms.records.languages import LANGUAGES, PYTHON


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer on trial, and the Python found in it."""

    problem: Problem
    completion: Completion
    code: str | None


@dataclass(frozen=True, slots=True)
class LengthBounds:
    """In characters of the answer."""

    shortest: int = 0
    longest: int | None = None


NO_BOUNDS = LengthBounds()


def incomplete(completion: Completion) -> Verdict | None:
    """Empty, or cut off."""
    if completion.finish_reason is FinishReason.LENGTH:
        return Verdict(Outcome.TRUNCATED)
    if completion.finish_reason in _REFUSING:
        return None
    return None if without_reasoning(completion.text).strip() else Verdict(Outcome.EMPTY)


_REFUSING = frozenset({FinishReason.REFUSAL, FinishReason.CONTENT_FILTER})


def refused(completion: Completion) -> Verdict | None:
    """As the provider says, or as the text does: an apology in place of an answer."""
    if completion.finish_reason in _REFUSING or _is_apology(completion.text):
        return Verdict(Outcome.REFUSED)
    return None


def _is_apology(text: str) -> bool:
    answer = without_reasoning(text)
    if "```" in answer:
        return False
    said = " ".join(answer.lower().replace("\u2019", "'").split())
    return len(said) < _LONGEST_REFUSAL and _REFUSAL.match(said) is not None


_LONGEST_REFUSAL = 600
_REFUSAL = re.compile(
    r"((i'm|i am|we're|we are|so|very|really|sorry|afraid|unfortunately|i apologi[sz]e|but|that"
    r"|as an ai[^,.]*)[,. ]+)*"
    r"(i|we) (can't|cannot|can not|won't|will not|am unable to|am not able to|must decline to) "
    r"(help|assist|comply|fulfill?|answer|provide|complete|do th|continue|generate|create|write"
    r"|support|engage)"
    r"|(抱歉|对不起|很遗憾|很抱歉)?\W*(但)?我(无法|不能|没办法)(帮|协助|提供|完成|回答|满足|编写|生成)"
)


def of_wrong_length(completion: Completion, bounds: LengthBounds) -> Verdict | None:
    length = len(completion.text)
    if length < bounds.shortest:
        return _because(Outcome.TOO_SHORT, f"{length} characters")
    if bounds.longest is not None and length > bounds.longest:
        return _because(Outcome.TOO_LONG, f"{length} characters")
    return None


def without_code(candidate: Candidate) -> Verdict | None:
    """Where tests want to run it: no code, or code in another language."""
    if candidate.problem.tests is None or candidate.code is not None:
        return None
    language = candidate.problem.language or PYTHON
    own = PYTHON_LABELS if language == PYTHON else LANGUAGES[language].labels
    foreign = fence_labels(candidate.completion.text) - own - _NO_LANGUAGE
    if not foreign:
        return Verdict(Outcome.NO_CODE)
    return _because(Outcome.WRONG_LANGUAGE, f"the code is labelled {', '.join(sorted(foreign))}")


_NO_LANGUAGE = frozenset(
    {"", "text", "txt", "plaintext", "output", "console", "bash", "sh", "shell", "markdown"}
)
"""What fences hold beside a program: examples, output, commands."""


def without_syntax(candidate: Candidate) -> Verdict | None:
    """Where tests want to run it. What only a compiler finds is left to the sandbox."""
    code = candidate.code
    if (candidate.problem.language or PYTHON) != PYTHON:
        return None
    if candidate.problem.tests is None or code is None or parse_python(code) is not None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return _because(Outcome.SYNTAX_ERROR, f"{type(error).__name__}: {error}")
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def without_its_library(candidate: Candidate) -> Verdict | None:
    """Where the task asks for one in Python: what passes without it is the answer to another."""
    code = candidate.code
    if code is None or (candidate.problem.language or PYTHON) != PYTHON:
        return None
    asked = asked_libraries(candidate.problem)
    tree = parse_python(code) if asked else None
    missing = asked - imported_modules(tree) if tree is not None else frozenset[str]()
    if not missing:
        return None
    return _because(Outcome.WRONG_LIBRARY, f"it does not import {', '.join(sorted(missing))}")


TextValidator = Callable[[Completion], Verdict | None]
CodeValidator = Callable[[Candidate], Verdict | None]
TEXT_VALIDATORS: tuple[TextValidator, ...] = (incomplete, refused)
CODE_VALIDATORS: tuple[CodeValidator, ...] = (without_code, without_syntax, without_its_library)


def _because(outcome: Outcome, error: str) -> Verdict:
    return Verdict(outcome, failure=Failure(error=error))
