"""Anthropic's message batches: one request holds all requests; the results are one stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime

from pettingllms.errors import BatchExpiredError, CanceledError, MalformedResponseError
from pettingllms.files import json
from pettingllms.files.spool import Spool
from pettingllms.providers.api import ProviderAPI
from pettingllms.providers.batches.protocol import (
    BatchLimits,
    BatchRequest,
    Counts,
    Found,
    Intent,
    LineResult,
    RemoteBatch,
    RemoteProgress,
)
from pettingllms.providers.batches.results import UNREADABLE, answered, read_line, refused
from pettingllms.providers.wire import anthropic_messages
from pettingllms.providers.wire.json_access import at, integer, items, text

_BATCHES = f"{anthropic_messages.PATH}/batches"
_TIMEOUT_S = 60.0
_UPLOAD_TIMEOUT_S = 1800.0
_PAGE, _MOST_PAGES = 100, 50
_CLOCKS_DIFFER_S = 300
_PROGRESS = {"ended": RemoteProgress.ENDED, "canceling": RemoteProgress.CANCELING}
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""What an error in the results has instead of a status."""


class AnthropicBatches:
    limits = BatchLimits(requests=100_000, content_bytes=256_000_000, one_model=False)

    def __init__(self, provider: str, api: ProviderAPI) -> None:
        self._provider = provider
        self._api = api

    def size(self, request: BatchRequest) -> int:
        return len(json.dumps(_as_sent(request))) + 1

    def content(self, requests: Iterable[BatchRequest]) -> Iterator[bytes]:
        separator = b'{"requests":['
        for request in requests:
            yield separator + json.dumps(_as_sent(request))
            separator = b","
        yield b"]}"

    async def prepare(self, batch_id: str, content: Spool) -> str:
        """Nothing: the requests go with the batch."""
        return ""

    async def create(self, batch_id: str, prepared: str, content: Spool) -> RemoteBatch:
        return _read(await self._api.send(_BATCHES, _UPLOAD_TIMEOUT_S, content))

    async def find(self, intent: Intent) -> Found:
        """There are no metadata: one of the same size, created since and none of ours otherwise, is
        proved by the custom ids in its results, which are there when it has ended."""
        perhaps: list[str] = []
        async for batch in self._created_since(intent):
            if batch.progress is not RemoteProgress.ENDED:
                perhaps.append(batch.id)
            elif await self._holds(batch, intent):
                return Found(batch)
        return Found(perhaps=tuple(perhaps))

    async def _created_since(self, intent: Intent) -> AsyncIterator[RemoteBatch]:
        """Those of its size."""
        after = ""
        for _ in range(_MOST_PAGES):
            query = f"?limit={_PAGE}" + (f"&after_id={after}" if after else "")
            said = await self._api.call(_BATCHES + query, _TIMEOUT_S)
            for raw in items(said, "data"):
                if _created_at(raw) < intent.since - _CLOCKS_DIFFER_S:
                    return
                batch = _read(raw)
                is_as_large = batch.counts.total == len(intent.keys)
                if is_as_large and batch.id not in intent.known_ids:
                    yield batch
            if not at(said, "has_more"):
                return
            after = text(said, "last_id")

    async def _holds(self, batch: RemoteBatch, intent: Intent) -> bool:
        async for result in self.results(batch):
            return result.key in intent.keys
        return False

    async def look(self, remote_id: str) -> RemoteBatch:
        return _read(await self._api.call(f"{_BATCHES}/{remote_id}", _TIMEOUT_S))

    async def cancel(self, remote_id: str) -> RemoteBatch:
        return _read(await self._api.call(f"{_BATCHES}/{remote_id}/cancel", _TIMEOUT_S, {}))

    async def results(self, batch: RemoteBatch) -> AsyncIterator[LineResult]:
        """From the server that was asked, whatever the batch says where they are."""
        async for line in self._api.lines(f"{_BATCHES}/{batch.id}/results", _TIMEOUT_S):
            if (result := read_line(line, self._came_of)) is not None:
                yield result

    def _came_of(self, raw: object) -> LineResult:
        key, result = text(raw, "custom_id"), at(raw, "result")
        kind = text(result, "type")
        if not key or not kind:
            return UNREADABLE
        if kind == "succeeded":
            return answered(key, anthropic_messages, at(result, "message"))
        if kind == "errored":
            said = at(result, "error")
            status = _STATUSES.get(text(said, "error", "type"), 500)
            url = self._api.base_url + anthropic_messages.PATH
            return refused(key, self._provider, url, status, said)
        error = CanceledError if kind.startswith("cancel") else BatchExpiredError
        return LineResult(key, error=error(f"The request was {kind}."))


def _as_sent(request: BatchRequest) -> dict[str, object]:
    return {"custom_id": request.key, "params": request.body}


def _read(raw: object) -> RemoteBatch:
    """Raises: MalformedResponseError where it is no batch."""
    name, status = text(raw, "id"), text(raw, "processing_status")
    if not name or not status:
        raise MalformedResponseError(f"The answer is no batch: {str(raw)[:200]!r}")
    counts = at(raw, "request_counts")
    under_way, answered_, errored, canceled, expired = (
        integer(counts, field)
        for field in ("processing", "succeeded", "errored", "canceled", "expired")
    )
    failed = errored + canceled + expired
    return RemoteBatch(
        name,
        _PROGRESS.get(status, RemoteProgress.UNDER_WAY),
        Counts(under_way + answered_ + failed, answered_, failed),
        was_canceled=status == "canceling" or canceled > 0,
    )


def _created_at(raw: object) -> float:
    """Unix time; now, where it does not say."""
    try:
        return datetime.fromisoformat(text(raw, "created_at")).timestamp()
    except ValueError:
        return float("inf")
