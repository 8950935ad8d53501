"""What a dialect has to say, and the reading of request bodies that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import orjson
from pydantic import BaseModel, Field, PositiveInt, ValidationError
from pydantic_core import ErrorDetails

from pettingllms.simulator.chat import (
    AskedMessage,
    ChatBody,
    ErrorReply,
    RefusedError,
    Reply,
)
from pettingllms.simulator.limits import Allowance, Resource

Headers = Mapping[str, str]
Document = dict[str, Any]

RELEASED_AT = 1_700_000_000
"""The Unix time at which every model of the simulator came out."""


class ContentPart(BaseModel):
    type: str
    text: str = ""


Content = str | list[ContentPart] | None


class WireMessage(BaseModel):
    role: str
    content: Content = None


class WireBody(BaseModel):
    """The fields that any dialect needs to answer; all others pass unread."""

    model: str = Field(min_length=1)
    messages: list[WireMessage] = Field(min_length=1)
    system: Content = None
    max_tokens: PositiveInt | None = None
    max_completion_tokens: PositiveInt | None = None
    stream: bool | None = None


def as_table(*errors: ErrorReply) -> Mapping[int, ErrorReply]:
    return {error.status: error for error in errors}


class Dialect(ABC):
    """How one provider speaks. An instance holds no state.

    `errors` are its usual words by HTTP status; 400 and 500 stand in for their whole class.
    """

    request_id_header: ClassVar[str]
    errors: ClassVar[Mapping[int, ErrorReply]]
    body_form: ClassVar[type[WireBody]] = WireBody

    @abstractmethod
    def answer(self, number: int, model: str, reply: Reply, tier: str = "default") -> Document:
        """The JSON of a successful answer to chat request `number`."""

    def tier(self, body: ChatBody) -> str:
        """The service tier on which `body` is answered."""
        return str(body.raw.get("service_tier") or "default")

    @abstractmethod
    def without_answer(self, answer: Document) -> Document:
        """The same JSON with nothing in it that could be read as an answer."""

    @abstractmethod
    def error(self, error: ErrorReply, request_id: str) -> Document: ...

    @abstractmethod
    def models(self, names: Sequence[str], retiring: Mapping[str, date]) -> Document:
        """The list of `names`; `retiring` has the days on which some of them retire."""

    @abstractmethod
    def unknown_model(self, model: str) -> ErrorReply: ...

    @abstractmethod
    def key(self, headers: Headers) -> str | None:
        """The API key that came with the request."""

    @abstractmethod
    def refused_key(self, key: str | None) -> ErrorReply: ...

    @abstractmethod
    def invalid(self, detail: ErrorDetails) -> ErrorReply:
        """The complaint about a body's first wrong field, as pydantic described it."""

    @abstractmethod
    def limit_headers(self, allowances: Mapping[Resource, Allowance]) -> Headers: ...

    @abstractmethod
    def retry_headers(self, retry_after_s: float) -> Headers: ...

    def usual_error(self, status: int) -> ErrorReply:
        return self.errors.get(status) or self.errors[500 if status >= 500 else 400]

    def parse(self, payload: bytes) -> ChatBody:
        """Raises: RefusedError with a 400 for a body that the provider would not take."""
        raw = _json(payload)
        try:
            form = self.body_form.model_validate(raw)
        except ValidationError as error:
            raise RefusedError(self.invalid(error.errors(include_url=False)[0])) from error
        if form.stream:
            raise RefusedError(
                ErrorReply(
                    400, "The simulator does not stream: leave out 'stream'.", param="stream"
                )
            )
        return ChatBody(
            model=form.model,
            messages=tuple(_messages(form)),
            max_tokens=form.max_completion_tokens or form.max_tokens,
            raw=raw,
        )


def bearer(headers: Headers) -> str | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _json(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        message = f"We could not parse the JSON body of your request: {error}"
        raise RefusedError(ErrorReply(400, message)) from error


def _messages(form: WireBody) -> Iterator[AskedMessage]:
    if form.system is not None:
        yield AskedMessage("system", _text(form.system))
    for message in form.messages:
        yield AskedMessage(message.role, _text(message.content))


def _text(content: Content) -> str:
    if isinstance(content, list):
        return "".join(part.text for part in content)
    return content or ""
