"""Where answers come from: made up to a length, or computed by a function.

Recorded answers are in `recorded`.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Protocol

from pettingllms.simulator.chat import CHARACTERS_PER_TOKEN, ChatBody, Reply
from pettingllms.simulator.faults import NoAnswer


class AnswerSource(Protocol):
    def answer(self, body: ChatBody) -> Reply | NoAnswer | None:
        """The answer to `body`, or a fault in its place; None where there is none (a 400)."""
        ...


class SyntheticAnswers:
    """A fenced Python block of `tokens` tokens that depends on the messages alone."""

    def __init__(self, tokens: int = 200, reasoning_tokens: int = 0) -> None:
        self._tokens = tokens + reasoning_tokens
        self._padding = _filler(tokens, "    # padding, to the length that was asked for\n")
        self._reasoning = _filler(reasoning_tokens, "Let me think about that once more. ")

    def answer(self, body: ChatBody) -> Reply:
        value = int.from_bytes(_digest(body))
        return Reply(
            f"```python\ndef answer():\n    return {value}\n{self._padding}\n```",
            reasoning=self._reasoning,
            completion_tokens=self._tokens,
        )


def _filler(tokens: int, line: str) -> str:
    characters = tokens * CHARACTERS_PER_TOKEN
    return (line * (characters // len(line) + 1))[:characters]


def _digest(body: ChatBody) -> bytes:
    digest = blake2b(digest_size=8)
    for message in body.messages:
        digest.update(f"{message.role}\0{message.content}\0".encode())
    return digest.digest()


class FunctionAnswers:
    """Whatever `function` returns for a request; a plain string is a whole answer."""

    def __init__(self, function: Callable[[ChatBody], str | Reply | NoAnswer | None]) -> None:
        self._function = function

    def answer(self, body: ChatBody) -> Reply | NoAnswer | None:
        answer = self._function(body)
        return Reply(answer) if isinstance(answer, str) else answer
