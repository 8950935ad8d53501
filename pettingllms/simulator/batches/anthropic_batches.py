"""Anthropic's message batches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pettingllms.simulator.batches.shop import BatchLine, Document, Shop, SoldBatch
from pettingllms.simulator.chat import ErrorReply, RefusedError
from pettingllms.simulator.dialects import ANTHROPIC

_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def new_batch(shop: Shop, payload: bytes) -> SoldBatch:
    """Raises: RefusedError."""
    requests: list[dict[str, Any]] = orjson.loads(payload).get("requests") or []
    lines = [BatchLine(request["custom_id"], request["params"]) for request in requests]
    ids = {line.custom_id for line in lines if _CUSTOM_ID.fullmatch(line.custom_id)}
    if not lines or len(ids) < len(lines):
        raise RefusedError(ErrorReply(400, "requests: custom_id must be unique and match"))
    return SoldBatch(shop.new_id("msgbatch"), ANTHROPIC, lines, {}, shop.next_faults())


def described(batch: SoldBatch) -> Document:
    """While it is under way, all but `processing` are 0."""
    ended = batch.has_ended
    canceling = "canceling" if batch.is_canceled else "in_progress"
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if ended else canceling,
        "request_counts": {
            "processing": 0 if ended else len(batch.lines),
            **{name: batch.count(name) for name in ("succeeded", "errored", "canceled", "expired")},
        },
        "created_at": _rfc3339(batch.created_at),
        "expires_at": _rfc3339(batch.created_at + timedelta(days=1).total_seconds()),
        "results_url": f"https://elsewhere.example/{batch.id}" if ended else None,
    }


def results_of(batch: SoldBatch) -> Iterator[Document]:
    for result in batch.results or ():
        came: Document = {"type": result.ending}
        if result.answer is not None:
            came["message"] = result.answer
        elif result.error is not None:
            came["error"] = ANTHROPIC.error(result.error, "")
        yield {"custom_id": result.custom_id, "result": came}


def page_of(shop: Shop, after: str, limit: int) -> Document:
    page, has_more = shop.page(ANTHROPIC, after, limit)
    return {
        "data": [described(batch) for batch in page],
        "has_more": has_more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
