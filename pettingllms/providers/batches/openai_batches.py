"""OpenAI's batches: a file of requests, then a batch of it; its results are two files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

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
from pettingllms.providers.wire import openai_chat
from pettingllms.providers.wire.json_access import at, integer, items, text

_ENDPOINT = "/v1/chat/completions"
_FILES, _BATCHES = "/files", "/batches"
_NAME = "sft_batch"
"""Of the metadata by which a batch of ours is known."""
_TIMEOUT_S = 60.0
_UPLOAD_TIMEOUT_S = 1800.0
_PAGE, _MOST_PAGES = 100, 50
_CLOCKS_DIFFER_S = 3600
_PROGRESS = {
    "failed": RemoteProgress.REFUSED,
    "completed": RemoteProgress.ENDED,
    "expired": RemoteProgress.ENDED,
    "cancelled": RemoteProgress.ENDED,
    "canceled": RemoteProgress.ENDED,
    "cancelling": RemoteProgress.CANCELING,
    "canceling": RemoteProgress.CANCELING,
}
_ENDED_SOMEHOW = {"batch_expired": BatchExpiredError, "batch_cancelled": CanceledError}


class OpenAIBatches:
    """At OpenAI, and servers of its form."""

    limits = BatchLimits(requests=50_000, content_bytes=200_000_000, one_model=True)

    def __init__(self, provider: str, api: ProviderAPI) -> None:
        self._provider = provider
        self._api = api

    def size(self, request: BatchRequest) -> int:
        return len(_line(request))

    def content(self, requests: Iterable[BatchRequest]) -> Iterator[bytes]:
        yield from map(_line, requests)

    async def prepare(self, batch_id: str, content: Spool) -> str:
        """Uploads the file."""
        file = f"sft-{batch_id}.jsonl", content
        said = await self._api.upload(_FILES, _UPLOAD_TIMEOUT_S, file, {"purpose": "batch"})
        if not text(said, "id"):
            raise MalformedResponseError(f"The file has no id: {str(said)[:200]!r}")
        return text(said, "id")

    async def create(self, batch_id: str, prepared: str, content: Spool) -> RemoteBatch:
        body = {
            "input_file_id": prepared,
            "endpoint": _ENDPOINT,
            "completion_window": "24h",
            "metadata": {_NAME: batch_id},
        }
        return _read(await self._api.call(_BATCHES, _TIMEOUT_S, body))

    async def find(self, intent: Intent) -> Found:
        """By its metadata: what is not listed was not created."""
        after = ""
        for _ in range(_MOST_PAGES):
            query = f"?limit={_PAGE}" + (f"&after={after}" if after else "")
            said = await self._api.call(_BATCHES + query, _TIMEOUT_S)
            page = items(said, "data")
            for raw in page:
                if text(raw, "metadata", _NAME) == intent.batch_id:
                    return Found(_read(raw))
            is_old = page and integer(page[-1], "created_at") < intent.since - _CLOCKS_DIFFER_S
            if is_old or not page or not at(said, "has_more"):
                break
            after = text(page[-1], "id")
        return Found()

    async def look(self, remote_id: str) -> RemoteBatch:
        return _read(await self._api.call(f"{_BATCHES}/{remote_id}", _TIMEOUT_S))

    async def cancel(self, remote_id: str) -> RemoteBatch:
        return _read(await self._api.call(f"{_BATCHES}/{remote_id}/cancel", _TIMEOUT_S, {}))

    async def results(self, batch: RemoteBatch) -> AsyncIterator[LineResult]:
        """Of the file of answers and the file of errors, as far as each is there."""
        for file in batch.files:
            async for line in self._api.lines(f"{_FILES}/{file}/content", _TIMEOUT_S):
                if (result := read_line(line, self._came_of)) is not None:
                    yield result

    def _came_of(self, raw: object) -> LineResult:
        key, response = text(raw, "custom_id"), at(raw, "response")
        if not key:
            return UNREADABLE
        status, body = integer(response, "status_code"), at(response, "body")
        if status == 200:
            return answered(key, openai_chat, body)
        if response:
            return refused(key, self._provider, self._api.base_url + _ENDPOINT, status, body)
        code, message = text(raw, "error", "code"), text(raw, "error", "message")
        return LineResult(key, error=_ENDED_SOMEHOW.get(code, BatchExpiredError)(message or code))


def _line(request: BatchRequest) -> bytes:
    line = {"custom_id": request.key, "method": "POST", "url": _ENDPOINT, "body": request.body}
    return json.dumps(line) + b"\n"


def _read(raw: object) -> RemoteBatch:
    """Raises: MalformedResponseError where it is no batch."""
    name, status = text(raw, "id"), text(raw, "status")
    if not name or not status:
        raise MalformedResponseError(f"The answer is no batch: {str(raw)[:200]!r}")
    counts = at(raw, "request_counts")
    files = (text(raw, "output_file_id"), text(raw, "error_file_id"))
    return RemoteBatch(
        name,
        _PROGRESS.get(status, RemoteProgress.UNDER_WAY),
        Counts(*(integer(counts, field) for field in ("total", "completed", "failed"))),
        "; ".join(
            f"{text(error, 'code')}: {text(error, 'message')}"
            for error in items(raw, "errors", "data")
        ),
        tuple(filter(None, files)),
        was_canceled=status.startswith("cancel"),
    )
