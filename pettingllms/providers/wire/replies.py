"""The content of an HTTP reply, as JSON."""

from __future__ import annotations

import orjson

from pettingllms.errors import MalformedResponseError
from pettingllms.files import json
from pettingllms.providers.wire import failures


def read_answer(url: str, content: bytes) -> object:
    """Of a reply with status 2xx. Raises: MalformedResponseError, BaseURLError (a web page)."""
    try:
        raw = json.loads(content)
    except orjson.JSONDecodeError as error:
        if content.lstrip().startswith(b"<"):
            raise failures.web_page(url) from error
        raise MalformedResponseError(f"The answer is no JSON: {content[:200]!r}") from error
    complaint = failures.error_in_answer(raw)
    if complaint is not None:
        raise complaint
    return raw


def read_refusal(content: bytes) -> object:
    """What a server says with an error's status: JSON, or else its text."""
    try:
        return json.loads(content)
    except orjson.JSONDecodeError:
        return content.decode(errors="replace")
