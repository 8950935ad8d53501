"""Answers to problems that have a reference: the reference, or, as often as is asked for, a wrong
one at the first turn. What has no reference gets an answer that is made up."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from pettingllms.problems.prompts import fenced
from pettingllms.records import Problem
from pettingllms.simulator.chance import uniform
from pettingllms.simulator.chat import ChatBody, Reply
from pettingllms.simulator.sources import SyntheticAnswers


class ReferenceAnswers:
    """Memory holds the references, not the prompts."""

    def __init__(self, problems: Iterable[Problem], right: float = 1.0, seed: int = 0) -> None:
        self._references = {
            _digest(problem.messages[-1]["content"]): problem.reference
            for problem in problems
            if problem.reference is not None
        }
        self._right = right
        self._seed = seed
        self._made_up = SyntheticAnswers()

    def answer(self, body: ChatBody) -> Reply:
        key = _digest(body.first_user_content)
        reference = self._references.get(key)
        is_wrong = uniform(self._seed, "right", key) >= self._right and not body.assistant_messages
        if reference is None or is_wrong:
            return self._made_up.answer(body)
        return Reply(f"The solution:\n\n{fenced(reference)}")


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest())
