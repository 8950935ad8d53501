"""What is said to a model, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

Role = Literal["system", "user", "assistant"]


class Message(TypedDict):
    """One chat message; `reasoning` is an assistant's thinking, kept apart from its answer."""

    role: Role
    content: str
    reasoning: NotRequired[str]


Messages = Sequence[Message]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that can change an answer, and nothing else: what the cache key is made of.

    `body` is the JSON that goes over the wire; `scope` is where it goes (the base URL);
    `sample` tells apart several answers to one body.
    """

    provider: str
    scope: str
    body: Mapping[str, Any]
    sample: int = 0
