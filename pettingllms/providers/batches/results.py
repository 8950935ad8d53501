"""A line of a batch's results, read with the same care as any other answer."""

from __future__ import annotations

import dataclasses
from codecs import BOM_UTF8
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from pettingllms.errors import CollectError
from pettingllms.files import json
from pettingllms.providers.batches.protocol import LineResult
from pettingllms.providers.pricing import BATCH
from pettingllms.providers.wire import failures
from pettingllms.providers.wire.json_access import text
from pettingllms.providers.wire.protocol import Wire
from pettingllms.providers.wire.replies import nests_deeply

UNREADABLE = LineResult("")


def read_line(line: bytes, came_of: Callable[[object], LineResult]) -> LineResult | None:
    """What `came_of` the JSON of a line; None where there is nothing on it."""
    line = line.removeprefix(BOM_UTF8)
    if not line.strip():
        return None
    try:
        raw = json.loads(line)
    except orjson.JSONDecodeError:
        return UNREADABLE
    return UNREADABLE if nests_deeply(line, raw) else came_of(raw)


def answered(key: str, wire: Wire, body: object) -> LineResult:
    """By an answer as it also comes online, or by what goes for one."""
    try:
        complaint = failures.error_in_answer(body)
        if complaint is not None:
            raise complaint
        completion = wire.parse(body)
    except CollectError as error:
        return LineResult(key, error=error)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return LineResult(key, dataclasses.replace(completion, tier=BATCH, received_at=now))


def refused(key: str, provider: str, url: str, status: int, body: object) -> LineResult:
    model = text(body, "model")
    return LineResult(
        key, error=failures.error_from_response(provider, model, url, status, body, {})
    )
