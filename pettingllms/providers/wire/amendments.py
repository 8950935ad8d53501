"""A refusal that names a field, understood: the field is renamed or left out from then on.

Servers that speak OpenAI's protocol differ in what the limit of tokens is called, whether they
take a temperature, and whether their chat template knows a system message. What a user set by name
is never left out behind his back.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from pettingllms.providers.wire.capabilities import SAMPLING_FIELDS

log = logging.getLogger(__name__)
Body = Mapping[str, Any]
_LIMITS: Mapping[str, str] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
_REFUSES = re.compile(
    r"unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|extra (inputs|fields)"
    r"|not permitted|not allowed|instead|only the default|deprecated|not available|may not be"
    r"|cannot (both )?be|must be (1|equal to 1)\b|may only be|only [\d.]+ is (allowed|supported)"
)
_NO_SYSTEM = re.compile(
    r"system role|system messages? (is|are) not|role[^.]{0,30}['\"`]?system|system['\"`]? role"
    r"|only user and assistant roles|roles must alternate|developer instruction"
    r"|system[ _](prompt|instruction)s? (is|are) not"
)


@dataclass(frozen=True, slots=True)
class Amendment:
    """`field` is renamed to `to`, or left out, or (`messages`) its system texts become part of the
    first message of the user."""

    how: Literal["rename", "leave out", "merge"]
    field: str
    to: str = ""

    def __str__(self) -> str:
        match self.how:
            case "rename":
                return f"takes {self.to} in place of {self.field}"
            case "leave out":
                return f"refuses {self.field}: it is left out"
            case "merge":
                return "takes no system message: its text begins the first message of the user"

    def applied(self, body: Body) -> dict[str, Any]:
        match self.how:
            case "rename":
                return {self.to if k == self.field else k: value for k, value in body.items()}
            case "leave out":
                return {k: value for k, value in body.items() if k != self.field}
            case "merge":
                return {**body, "messages": _without_system(body["messages"])}


class Amendments:
    """What one server has been found to want; requests are changed by it from then on."""

    def __init__(self, asked_for: Collection[str] = (), chosen: Collection[str] = ()) -> None:
        """The fields `asked_for` are sent whatever is said; those that are `chosen` are told of
        when they are not."""
        self._asked_for = asked_for
        self._chosen = chosen
        self._found: dict[Amendment, None] = {}

    def applied(self, body: Body) -> Body:
        for amendment in self._found:
            body = amendment.applied(body)
        return body

    def learn(self, body: Body, said: str) -> Amendment | None:
        """What the refusal of `body`, as it was sent, teaches: told once, where somebody minds."""
        amendment = amendment_for(body, said, self._asked_for)
        if amendment is not None and amendment not in self._found:
            self._found[amendment] = None
            is_minded = amendment.how == "merge" or amendment.field in self._chosen
            level = logging.WARNING if is_minded else logging.DEBUG
            log.log(level, "%s %s.", body.get("model", "The server"), amendment)
        return amendment


def amendment_for(body: Body, said: str, asked_for: Collection[str] = ()) -> Amendment | None:
    """What would make the server that refused `body` take it; None where nothing is known.

    `said` are the words of the refusal, in lower case; the fields `asked_for` are a user's own.
    """
    if _NO_SYSTEM.search(said) and _has_system(body):
        return Amendment("merge", "messages")
    if not _REFUSES.search(said):
        return None
    said = said.replace("body.", "")
    named = [name for name in body if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", said)]
    for name, other in _LIMITS.items():
        if name in named and other not in body:
            return Amendment("rename", name, other)
    droppable = (name for name in named if name in SAMPLING_FIELDS and name not in asked_for)
    field = next(droppable, None)
    return None if field is None else Amendment("leave out", field)


def _has_system(body: Body) -> bool:
    return any(message.get("role") == "system" for message in body.get("messages", ()))


def _without_system(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    system = "\n\n".join(str(m["content"]) for m in messages if m["role"] == "system")
    turns = [dict(message) for message in messages if message["role"] != "system"]
    first = next((turn for turn in turns if turn["role"] == "user"), None)
    if first is None:
        return [{"role": "user", "content": system}, *turns]
    first["content"] = f"{system}\n\n{cast('str', first['content'])}"
    return turns
