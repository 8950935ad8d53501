"""How a batch's results leave: as lines of JSON, whole or not."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from aiohttp import web

from pettingllms.simulator.batches.shop import Document, SoldBatch

_LINES = "application/x-ndjson"


async def send_lines(
    request: web.BaseRequest, batch: SoldBatch, documents: Iterable[Document]
) -> web.StreamResponse:
    """As its faults have it: one line torn, or all of it broken off the first time."""
    lines = [orjson.dumps(document) + b"\n" for document in documents]
    if "torn-line" in batch.faults and lines:
        lines[0] = lines[0][: len(lines[0]) // 2] + b"\n"
    content, batch.downloads = b"".join(lines), batch.downloads + 1
    if "broken-off" not in batch.faults or batch.downloads > 1:
        return web.Response(body=content, headers={"content-type": _LINES})
    response = web.StreamResponse(headers={"content-type": _LINES})
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) * 2 // 3])
    if request.transport is not None:
        request.transport.close()
    return response
