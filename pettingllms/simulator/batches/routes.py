"""The paths of both dialects' batch endpoints."""

from __future__ import annotations

import re
from types import ModuleType

from aiohttp import web

from pettingllms.simulator.batches import anthropic_batches, openai_batches
from pettingllms.simulator.batches.lines import send_lines
from pettingllms.simulator.batches.shop import Document, Shop, SoldBatch
from pettingllms.simulator.chat import ErrorReply, RefusedError
from pettingllms.simulator.delivery import Exchange
from pettingllms.simulator.dialects import ANTHROPIC, OPENAI, Dialect
from pettingllms.simulator.faults import Reset

_OPENAI, _ANTHROPIC = "/v1/batches", "/v1/messages/batches"
_BATCH = re.compile(rf"({_OPENAI}|{_ANTHROPIC})(?:/([\w-]+))?(/cancel|/results)?")
_FILE = re.compile(r"/v1/files/([\w-]+)/content")
_FILES = "/v1/files"


class BatchRoutes:
    """Answers what is asked of batches; anything else is None."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    @staticmethod
    def dialect(path: str) -> Dialect | None:
        """Of a path that is one of these."""
        if path.startswith(_ANTHROPIC):
            return ANTHROPIC
        return OPENAI if path.startswith((_OPENAI, _FILES)) else None

    async def answer(self, exchange: Exchange, payload: bytes) -> web.StreamResponse:
        """Raises: RefusedError, DroppedError."""
        request = exchange.request
        if request.path == _FILES:
            return exchange.respond(self._upload(request, payload), {})
        if found := _FILE.fullmatch(request.path):
            return await self._file(exchange, found[1])
        found = _BATCH.fullmatch(request.path)
        if found is None:
            raise RefusedError(ErrorReply(404, f"Invalid URL ({request.path})"))
        name, action = found[2], found[3]
        if name is None:
            is_new = request.method == "POST"
            return await self._create(exchange, payload) if is_new else self._list(exchange)
        batch = self._batch(name)
        if action == "/results":
            return await self._results(exchange, batch)
        if action == "/cancel":
            batch.is_canceled = True
        else:
            self._shop.look_at(batch)
        return exchange.respond(_module(exchange).described(batch), {})

    def _upload(self, request: web.BaseRequest, payload: bytes) -> Document:
        content = openai_batches.file_in(request.headers["content-type"], payload)
        return openai_batches.uploaded(self._shop.keep_file(content), content)

    async def _create(self, exchange: Exchange, payload: bytes) -> web.StreamResponse:
        dialect = _module(exchange)
        batch = dialect.new_batch(self._shop, payload)
        if "refused-create" in batch.faults:
            raise RefusedError(ErrorReply(429, retry_after_s=0.01))
        if "overloaded" in batch.faults:
            raise RefusedError(ErrorReply(529, "Overloaded", type="overloaded_error"))
        if not {"lost-request", "failed-request"} & set(batch.faults):
            self._shop.add(batch)
        if {"failed-create", "failed-request"} & set(batch.faults):
            raise RefusedError(ErrorReply(502, "Bad Gateway"))
        if {"lost-create", "unlisted-create", "lost-request"} & set(batch.faults):
            return await exchange.fail(Reset(), {})
        return exchange.respond(dialect.described(batch), {})

    def _list(self, exchange: Exchange) -> web.Response:
        query = exchange.request.query
        after, limit = query.get("after", "") or query.get("after_id", ""), query.get("limit", 20)
        return exchange.respond(_module(exchange).page_of(self._shop, after, int(limit)), {})

    async def _file(self, exchange: Exchange, name: str) -> web.StreamResponse:
        batch = self._batch(name[len("out-") :])
        if "results-gone" in batch.faults:
            raise RefusedError(ErrorReply(404, f"No such File object: {name}"))
        return await send_lines(exchange.request, batch, openai_batches.results_of(batch, name))

    async def _results(self, exchange: Exchange, batch: SoldBatch) -> web.StreamResponse:
        if "results-gone" in batch.faults or not batch.has_ended:
            raise RefusedError(ErrorReply(404, "The results are not available."))
        return await send_lines(exchange.request, batch, anthropic_batches.results_of(batch))

    def _batch(self, name: str) -> SoldBatch:
        """Raises: RefusedError."""
        batch = self._shop.batches.get(name)
        if batch is None or "gone" in batch.faults:
            raise RefusedError(ErrorReply(404, f"No batch found with id '{name}'."))
        return batch


def _module(exchange: Exchange) -> ModuleType:
    return openai_batches if exchange.dialect is OPENAI else anthropic_batches
