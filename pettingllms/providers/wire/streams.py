"""An answer that came as a stream of events, though none was asked for: put together again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import orjson

from pettingllms.providers.wire.json_access import at, items, text

_STARTS = (b"data:", b"event:", b":", b"id:")


def is_stream(content: bytes) -> bool:
    """Whether a body is server-sent events, and no JSON."""
    return content.lstrip().startswith(_STARTS)


def assembled(content: bytes) -> object:
    """The answer as it would have come whole; None where it breaks off, or is in no form that is
    known here. An event with an error in it is that error."""
    events = list(_events(content))
    failed = next((event for event in events if at(event, "error")), None)
    if failed is not None:
        return failed
    if any(text(event, "type") == "message_start" for event in events):
        return _anthropic(events)
    return _openai(events, is_whole=b"[DONE]" in content)


def _events(content: bytes) -> Iterator[object]:
    for line in content.splitlines():
        name, _, data = line.partition(b":")
        if name == b"data" and data.strip() != b"[DONE]":
            try:
                yield orjson.loads(data)
            except orjson.JSONDecodeError:
                return


def _openai(events: list[object], *, is_whole: bool) -> object:
    """Some servers give no finish reason, but say that the stream is over."""
    chunks = [(event, at(event, "choices", 0)) for event in events]
    deltas = [at(choice, "delta") for _, choice in chunks]
    reasons = [text(choice, "finish_reason") for _, choice in chunks]
    usage = next((at(event, "usage") for event, _ in reversed(chunks) if at(event, "usage")), None)
    content = _joined([at(delta, "content") for delta in deltas])
    finish = next(filter(None, reversed(reasons)), "stop" if is_whole else "")
    if not finish or not any(deltas):
        return None
    message = {
        "role": "assistant",
        "content": content,
        "reasoning_content": "".join(
            text(delta, "reasoning_content") or text(delta, "reasoning") for delta in deltas
        ),
    }
    first = cast("Mapping[str, Any]", events[0])
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {**first, "object": "chat.completion", "choices": [choice], "usage": usage}


def _joined(pieces: list[object]) -> object:
    """Text, or the typed chunks that some servers send in its place."""
    if not any(isinstance(piece, list) for piece in pieces):
        return "".join(piece for piece in pieces if isinstance(piece, str))
    return [chunk for piece in pieces for chunk in (items((piece,), 0) or (piece,))]


def _anthropic(events: list[object]) -> object:
    start = next(at(event, "message") for event in events if text(event, "type") == "message_start")
    end = next((event for event in events if text(event, "type") == "message_delta"), None)
    if end is None or not isinstance(start, dict):
        return None
    deltas = [at(event, "delta") for event in events]
    blocks = [
        {"type": "thinking", "thinking": "".join(text(delta, "thinking") for delta in deltas)},
        {"type": "text", "text": "".join(text(delta, "text") for delta in deltas)},
    ]
    message = cast("Mapping[str, Any]", start)
    usage = {**_fields(at(message, "usage")), **_fields(at(end, "usage"))}
    reason = text(end, "delta", "stop_reason")
    return {**message, "content": blocks, "stop_reason": reason, "usage": usage}


def _fields(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
