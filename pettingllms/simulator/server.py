"""The simulator's server: its routes, its checks, and its books on what arrived.

Dialects, faults and limits each have a module; this one only puts them in order.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import time
from types import TracebackType
from typing import Any, Self, cast

import orjson
from aiohttp import web

from pettingllms.errors import SettingError
from pettingllms.simulator.batches import BatchFault, BatchRoutes
from pettingllms.simulator.batches.shop import Shop
from pettingllms.simulator.chance import AnswerTime
from pettingllms.simulator.chat import ChatBody, ErrorReply, RefusedError, Reply, settle
from pettingllms.simulator.delivery import DroppedError, Exchange
from pettingllms.simulator.dialects import ANTHROPIC, DEEPSEEK, OPENAI, Dialect
from pettingllms.simulator.faults import Damage, Faults, NoAnswer
from pettingllms.simulator.limits import Gate, RateLimits
from pettingllms.simulator.sources import AnswerSource

HOST = "127.0.0.1"
DROPPED = 0
"""In `counts`: the requests that ended without a response."""

_CHAT_PATHS: Mapping[str, Dialect] = {
    "/v1/chat/completions": OPENAI,
    "/chat/completions": DEEPSEEK,
    "/v1/messages": ANTHROPIC,
}
_MODELS_PATHS: Mapping[str, Dialect] = {"/v1/models": OPENAI, "/models": DEEPSEEK}
_NO_FAULTS = Faults()
_NO_LIMITS = RateLimits()
_SHUTDOWN_S = 0.1
_BACKLOG = 4096


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """`at` is the Unix time of arrival; `headers` hold the API key, so `repr` leaves them out."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    payload: bytes
    at: float

    @property
    def body(self) -> Any:
        """The JSON that was sent. Raises: ValueError when it is none."""
        return orjson.loads(self.payload)


@dataclass(frozen=True, slots=True)
class Charge:
    """What the provider bills for one answer that it computed, whether it arrived or not."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    tier: str = ""


class Simulator:
    """A provider on loopback: `async with Simulator(source) as sim: ... sim.base_url`.

    `models` are the names it knows (None: any, and it lists none), `retiring` the days on which
    some of them retire.
    `keys` are the API keys it takes (None: none is needed). The last `log_size` requests are kept
    in `requests`, whatever their path; `counts` has the chat requests by HTTP status, `charges`
    what was computed, and is billed. `batch_faults` are those of the first batches, an entry each;
    a batch has ended at the look after `batch_looks`. Port 0 is any free one; a
    `listener` is a socket that is open already.

    Raises: SettingError on entry, when the port is taken.
    """

    def __init__(
        self,
        source: AnswerSource,
        *,
        models: Sequence[str] | None = None,
        retiring: Mapping[str, date] | None = None,
        keys: Collection[str] | None = None,
        faults: Faults = _NO_FAULTS,
        limits: RateLimits = _NO_LIMITS,
        latency: AnswerTime | float = 0.0,
        batch_faults: Sequence[Collection[BatchFault]] = (),
        batch_looks: int = 1,
        log_size: int = 10_000,
        port: int = 0,
        listener: socket.socket | None = None,
    ) -> None:
        self.requests: deque[ReceivedRequest] = deque(maxlen=log_size)
        self.counts: Counter[int] = Counter()
        self.charges: Counter[Charge] = Counter()
        self._source = source
        self._models = models
        self._retiring = retiring or {}
        self._keys = keys
        self._faults = faults
        self._gate = Gate(limits)
        self._latency = AnswerTime(latency) if isinstance(latency, int | float) else latency
        self._port = port
        self._listener = listener
        self._batches = BatchRoutes(Shop(self._answer_in_batch, batch_faults, batch_looks))
        self._arrived = 0
        self._runner: web.ServerRunner | None = None

    @property
    def base_url(self) -> str:
        """For OpenAI clients, and any that speak its protocol."""
        return f"{self.anthropic_base_url}/v1"

    @property
    def anthropic_base_url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def deepseek_base_url(self) -> str:
        return self.anthropic_base_url

    async def __aenter__(self) -> Self:
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            if self._listener is None:
                await web.TCPSite(runner, HOST, self._port, backlog=_BACKLOG).start()
            else:
                await web.SockSite(runner, self._listener, backlog=_BACKLOG).start()
        except OSError as error:
            await runner.cleanup()
            raise SettingError(
                f"The simulator cannot listen on {HOST}:{self._port}: {error.strerror}.",
                "Choose another port; 0 takes any free one.",
            ) from error
        self._runner = runner
        self._port = cast("int", runner.addresses[0][1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        payload = await request.content.read()
        if self.requests.maxlen:
            self._log(request, payload)
        if request.method == "POST" and (dialect := _CHAT_PATHS.get(request.path)):
            return await self._chat(Exchange(request, dialect, self._next_number()), payload)
        if dialect := self._batches.dialect(request.path):
            return await self._batch(Exchange(request, dialect, self._arrived), payload)
        if request.method == "GET" and (dialect := _MODELS_PATHS.get(request.path)):
            exchange = Exchange(request, _as_spoken(request, dialect), self._arrived)
            return self._list_models(exchange)
        error = ErrorReply(404, f"Invalid URL ({request.method} {request.path})")
        return Exchange(request, _as_spoken(request, OPENAI), self._arrived).refuse(error, {})

    def _log(self, request: web.BaseRequest, payload: bytes) -> None:
        self.requests.append(
            ReceivedRequest(request.method, request.path, request.headers, payload, time())
        )

    def _next_number(self) -> int:
        self._arrived += 1
        return self._arrived - 1

    async def _chat(self, exchange: Exchange, payload: bytes) -> web.StreamResponse:
        status = DROPPED
        try:
            response = await self._answer_or_refuse(exchange, payload)
            status = response.status
        except DroppedError:
            return web.Response()
        finally:
            self.counts[status] += 1
        return response

    async def _answer_or_refuse(self, exchange: Exchange, payload: bytes) -> web.StreamResponse:
        try:
            self._check_key(exchange)
            body = exchange.dialect.parse(payload)
            self._check_model(exchange.dialect, body)
            with self._gate:
                if latency_s := self._latency.of_request(exchange.number):
                    await asyncio.sleep(latency_s)
                return await self._answer(exchange, body)
        except RefusedError as refused:
            return exchange.refuse(refused.error, self._limit_headers(exchange))

    async def _answer(self, exchange: Exchange, body: ChatBody) -> web.StreamResponse:
        fault = self._faults.for_request(exchange.number)
        if isinstance(fault, NoAnswer):
            return await exchange.fail(fault, self._limit_headers(exchange))
        answer = self._source.answer(body)
        if answer is None:
            raise RefusedError(_no_answer(body))
        if isinstance(answer, NoAnswer):
            return await exchange.fail(answer, self._limit_headers(exchange))
        reply = settle(answer, body)
        self._gate.charge_tokens(reply.total_tokens)
        tier = exchange.dialect.tier(body)
        document = self._computed(exchange.dialect, body, reply, tier)
        if isinstance(fault, Damage):
            return await exchange.spoil(fault, document, self._limit_headers(exchange))
        return exchange.respond(document, self._limit_headers(exchange))

    async def _batch(self, exchange: Exchange, payload: bytes) -> web.StreamResponse:
        try:
            self._check_key(exchange)
            return await self._batches.answer(exchange, payload)
        except RefusedError as refused:
            return exchange.refuse(refused.error, {})
        except DroppedError:
            return web.Response()

    def _answer_in_batch(
        self, dialect: Dialect, raw: Mapping[str, Any]
    ) -> dict[str, Any] | ErrorReply:
        """One request of a batch: it knows no limits, and no faults of the ordinary endpoint."""
        try:
            body = dialect.parse(orjson.dumps(raw))
            self._check_model(dialect, body)
        except RefusedError as refused:
            return refused.error
        answer = self._source.answer(body) or _no_answer(body)
        if isinstance(answer, NoAnswer):
            return answer if isinstance(answer, ErrorReply) else ErrorReply(500)
        return self._computed(dialect, body, settle(answer, body), "batch")

    def _computed(
        self, dialect: Dialect, body: ChatBody, reply: Reply, tier: str
    ) -> dict[str, Any]:
        """An answer's JSON, which is billed from here on."""
        self.charges[Charge(body.model, reply.prompt_tokens, reply.completion_tokens, tier)] += 1
        return dialect.answer(self.charges.total(), body.model, reply, tier)

    def _list_models(self, exchange: Exchange) -> web.Response:
        try:
            self._check_key(exchange)
        except RefusedError as refused:
            return exchange.refuse(refused.error, {})
        return exchange.respond(exchange.dialect.models(self._models or (), self._retiring), {})

    def _check_key(self, exchange: Exchange) -> None:
        if self._keys is not None:
            key = exchange.dialect.key(exchange.request.headers)
            if key not in self._keys:
                raise RefusedError(exchange.dialect.refused_key(key))

    def _check_model(self, dialect: Dialect, body: ChatBody) -> None:
        if self._models is not None and body.model not in self._models:
            raise RefusedError(dialect.unknown_model(body.model))

    def _limit_headers(self, exchange: Exchange) -> Mapping[str, str]:
        return exchange.dialect.limit_headers(self._gate.allowances())


def _as_spoken(request: web.BaseRequest, otherwise: Dialect) -> Dialect:
    """Paths that providers share: the header that only Anthropic's clients send decides."""
    return ANTHROPIC if "anthropic-version" in request.headers else otherwise


def _no_answer(body: ChatBody) -> ErrorReply:
    return ErrorReply(
        400,
        f"There is no recorded answer for this prompt (turn {body.assistant_messages}):"
        f" {body.first_user_content[:80]!r}",
    )
