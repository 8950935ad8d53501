"""The content of an HTTP reply, as JSON."""

from __future__ import annotations

import orjson

from pettingllms.errors import MalformedResponseError
from pettingllms.files import json
from pettingllms.providers.wire import failures, streams


def read_answer(url: str, content: bytes) -> object:
    """Of a reply with status 2xx. Raises: MalformedResponseError, BaseURLError (a web page)."""
    try:
        raw = json.loads(content)
    except orjson.JSONDecodeError as error:
        if content.lstrip().startswith(b"<"):
            raise failures.web_page(url) from error
        raw = streams.assembled(content) if streams.is_stream(content) else None
        if raw is None:
            raise MalformedResponseError(f"The answer is no JSON: {content[:200]!r}") from error
    if nests_deeply(content, raw):
        raise MalformedResponseError(f"The answer's JSON nests too deeply: {content[:80]!r}")
    complaint = failures.error_in_answer(raw)
    if complaint is not None:
        raise complaint
    return raw


def read_refusal(content: bytes) -> object:
    """What a server says with an error's status: JSON, or else its text."""
    try:
        said = json.loads(content)
    except orjson.JSONDecodeError:
        return content.decode(errors="replace")
    return content.decode(errors="replace") if nests_deeply(content, said) else said


_MANY_BRACKETS = 200
_LEVELS_AROUND_IT = 10
"""Where an answer is kept with what was asked."""


def nests_deeply(content: bytes, value: object) -> bool:
    """Whether it reads, but cannot be written again: that is bounded more tightly."""
    if content.count(b"[") + content.count(b"{") < _MANY_BRACKETS:
        return False
    for _ in range(_LEVELS_AROUND_IT):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False
