"""Answers to problems that have a reference: the reference, or, as often as is asked for, a wrong
one at the first turn; who asks for tests gets some of the problem's own. What has none gets an
answer that is made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from pettingllms.agreement.forms import tests_text
from pettingllms.agreement.test_writer import task_in, task_of
from pettingllms.problems.prompts import fenced
from pettingllms.records import Comparison, FunctionTests, Problem, StdioTests
from pettingllms.records.languages import PYTHON
from pettingllms.simulator.chance import uniform
from pettingllms.simulator.chat import ChatBody, Reply
from pettingllms.simulator.sources import SyntheticAnswers

_MOST_TESTS, _MOST_CHARACTERS = 5, 4_000


class ReferenceAnswers:
    """Memory holds the references and a few tests, not the prompts."""

    def __init__(self, problems: Iterable[Problem], right: float = 1.0, seed: int = 0) -> None:
        self._references: dict[int, str] = {}
        self._tests: dict[int, str] = {}
        for problem in problems:
            if problem.reference is not None:
                self._references[_digest(problem.messages[-1]["content"])] = fenced(
                    problem.reference, problem.language or PYTHON
                )
            written = _some_tests(problem)
            if written is not None:
                self._tests[_digest(task_of(problem))] = written
        self._asked = Counter[int]()
        self._right = right
        self._seed = seed
        self._made_up = SyntheticAnswers()

    def answer(self, body: ChatBody) -> Reply:
        task = task_in(body.first_user_content)
        if task is not None:
            written = self._tests.get(_digest(task))
            return self._made_up.answer(body) if written is None else Reply(fenced(written, "json"))
        key = _digest(body.first_user_content)
        reference = self._references.get(key)
        if reference is None or (not body.assistant_messages and self._errs(key)):
            return self._made_up.answer(body)
        return Reply(f"The solution:\n\n{reference}")

    def _errs(self, key: int) -> bool:
        """Whether the next first answer to a problem is wrong: each of its samples has a chance of
        its own."""
        self._asked[key] += 1
        return uniform(self._seed, f"right/{self._asked[key]}", key) >= self._right


def _some_tests(problem: Problem) -> str | None:
    """The first few that a test writer could have written; None where there are none."""
    tests = problem.tests
    if not isinstance(tests, FunctionTests | StdioTests) or tests.checker is not None:
        return None
    plain = replace(tests, comparison=Comparison(), cases=tests.cases[:_MOST_TESTS])
    text = tests_text(plain)
    return text if len(text) <= _MOST_CHARACTERS else None


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest())
