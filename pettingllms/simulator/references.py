"""Answers to problems that have a reference: the reference, or, as often as is asked for, a wrong
one at the first turn; who asks for tests gets some of the problem's own. What has none gets an
answer that is made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

from pettingllms.agreement.forms import tests_text
from pettingllms.agreement.test_writer import task_in, task_of
from pettingllms.problems.prompts import fenced
from pettingllms.records import Comparison, FunctionTests, Messages, Problem, StdioTests
from pettingllms.records.languages import PYTHON
from pettingllms.simulator.chance import uniform
from pettingllms.simulator.chat import ChatBody, Reply
from pettingllms.simulator.sources import SyntheticAnswers

_MOST_TESTS, _MOST_CHARACTERS = 5, 4_000
_NO_PROGRAM = "an answer that is made up\n"


class ReferenceAnswers:
    """`asked` are problems with the messages that ask them first. Memory holds the references and a
    few tests, not the prompts."""

    def __init__(
        self, asked: Iterable[tuple[Problem, Messages]], right: float = 1.0, seed: int = 0
    ) -> None:
        self._references: dict[int, list[_Reference]] = {}
        self._lengths = set[int]()
        self._tests: dict[int, str] = {}
        for problem, messages in asked:
            if problem.reference is not None:
                key = _digest(*(message["content"] for message in messages))
                language = problem.language or PYTHON
                self._references.setdefault(key, []).append(_Reference(problem.reference, language))
                self._lengths.add(len(messages))
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
        key, turn = self._problem_of(body)
        references = self._references.get(key)
        if references is None:
            return self._made_up.answer(body)
        reference = references[turn % len(references)]
        return self._wrong(reference, body) if not turn and self._errs(key) else reference.reply

    def _problem_of(self, body: ChatBody) -> tuple[int, int]:
        """By what it is asked with, which is the same for all its turns; and which turn this is.
        Problems that are asked in the same words take turns."""
        said = [message.content for message in body.messages]
        for length in self._lengths:
            key = _digest(*said[:length])
            if key in self._references:
                later = body.messages[length:]
                return key, sum(message.role == "assistant" for message in later)
        return 0, 0

    def _wrong(self, reference: _Reference, body: ChatBody) -> Reply:
        """In the language of the problem, so that it is wrong, and nothing else."""
        made_up = self._made_up.answer(body)
        if reference.language == PYTHON:
            return made_up
        return replace(made_up, text=fenced(_NO_PROGRAM, reference.language))

    def _errs(self, key: int) -> bool:
        """Whether the next first answer to a problem is wrong: each of its samples has a chance of
        its own."""
        self._asked[key] += 1
        return uniform(self._seed, f"right/{self._asked[key]}", key) >= self._right


@dataclass(frozen=True, slots=True)
class _Reference:
    code: str
    language: str

    @property
    def reply(self) -> Reply:
        return Reply(f"The solution:\n\n{fenced(self.code, self.language)}")


def _some_tests(problem: Problem) -> str | None:
    """The first few that a test writer could have written; None where there are none."""
    tests = problem.tests
    if not isinstance(tests, FunctionTests | StdioTests) or tests.checker is not None:
        return None
    plain = replace(tests, comparison=Comparison(), cases=tests.cases[:_MOST_TESTS])
    text = tests_text(plain)
    return text if len(text) <= _MOST_CHARACTERS else None


def _digest(*texts: str) -> int:
    text = "\0".join(texts)
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest())
