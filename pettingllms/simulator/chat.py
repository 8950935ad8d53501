"""What a chat request and its answer are, whatever dialect carries them.

How a provider writes them as JSON is in `dialects`; the ways to spoil them are in `faults`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

FinishReason = Literal["stop", "length", "refusal", "content_filter"]

CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb for English and code, used where an answer names no token counts."""


class AskedMessage(NamedTuple):
    role: str
    content: str


@dataclass(frozen=True)
class ChatBody:
    """A request as it was understood: contents as plain text, a system prompt first.

    `max_tokens` is the limit under whichever name the request gave it; `raw` is its whole JSON.
    """

    model: str
    messages: tuple[AskedMessage, ...]
    max_tokens: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @cached_property
    def first_user_content(self) -> str:
        return next((m.content for m in self.messages if m.role == "user"), "")

    @cached_property
    def assistant_messages(self) -> int:
        return sum(m.role == "assistant" for m in self.messages)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. A token count of 0 is filled in by estimate when the answer is sent.

    `completion_tokens` counts the reasoning too.
    """

    text: str
    finish_reason: FinishReason = "stop"
    reasoning: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def reasoning_tokens(self) -> int:
        written = len(self.reasoning) + len(self.text)
        return self.completion_tokens * len(self.reasoning) // written if self.reasoning else 0

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """An HTTP error. What is left empty, the dialect fills in as its provider would."""

    status: int
    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""
    retry_after_s: float | None = None


class RefusedError(Exception):
    """The request gets `error` instead of an answer."""

    def __init__(self, error: ErrorReply) -> None:
        super().__init__(error)
        self.error = error


def settle(reply: Reply, body: ChatBody) -> Reply:
    """`reply` as it leaves for `body`: every token counted, cut where `max_tokens` ends it."""
    counted = replace(
        reply,
        prompt_tokens=reply.prompt_tokens or _estimate(m.content for m in body.messages),
        completion_tokens=reply.completion_tokens or _estimate((reply.reasoning, reply.text)),
    )
    if body.max_tokens is None or counted.completion_tokens <= body.max_tokens:
        return counted
    return _cut(counted, body.max_tokens)


def _estimate(texts: Iterable[str]) -> int:
    return -(-sum(map(len, texts)) // CHARACTERS_PER_TOKEN)


def _cut(reply: Reply, max_tokens: int) -> Reply:
    """Reasoning comes first: a short limit can end it before the text has begun."""
    written = len(reply.reasoning) + len(reply.text)
    kept = written * max_tokens // reply.completion_tokens
    return replace(
        reply,
        finish_reason="length",
        reasoning=reply.reasoning[:kept],
        text=reply.text[: max(0, kept - len(reply.reasoning))],
        completion_tokens=max_tokens,
    )
