"""The content of an HTTP reply, as JSON."""

from __future__ import annotations

from codecs import BOM_UTF8

import orjson

from pettingllms.errors import MalformedResponseError
from pettingllms.files import json
from pettingllms.providers.wire import failures, streams
from pettingllms.providers.wire.json_access import at


def read_answer(url: str, content: bytes) -> object:
    """Of a reply with status 2xx. Raises: MalformedResponseError, BaseURLError (a web page)."""
    content = content.removeprefix(BOM_UTF8)
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
    """What a server says with an error's status: JSON, or else its text. Gemini's is in a list."""
    try:
        said = json.loads(content)
    except orjson.JSONDecodeError:
        return content.decode(errors="replace")
    if nests_deeply(content, said):
        return content.decode(errors="replace")
    return at(said, 0) or said


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
