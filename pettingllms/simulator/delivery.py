"""How an answer, an error or a fault leaves on its connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from pettingllms.simulator.chat import ErrorReply
from pettingllms.simulator.dialects import Dialect
from pettingllms.simulator.faults import (
    Damage,
    Dribble,
    EmptyAnswer,
    ErrorIn200,
    HalfBody,
    Hang,
    Late,
    MalformedJson,
    NoAnswer,
    OddUsage,
)

_JSON = "application/json"
_LINGER_OFF = struct.pack("ii", 1, 0)


class DroppedError(Exception):
    """The connection is gone: there is nobody left to respond to."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the way back to whoever sent it."""

    request: web.BaseRequest
    dialect: Dialect
    number: int

    @property
    def request_id(self) -> str:
        return f"req_{self.number:024d}"

    def respond(
        self, document: Mapping[str, Any], headers: Mapping[str, str], status: int = 200
    ) -> web.Response:
        return web.Response(
            body=orjson.dumps(document), status=status, headers=self._headers(headers)
        )

    def refuse(self, error: ErrorReply, headers: Mapping[str, str]) -> web.Response:
        if error.retry_after_s is not None:
            headers = {**headers, **self.dialect.retry_headers(error.retry_after_s)}
        return self.respond(self.dialect.error(error, self.request_id), headers, error.status)

    async def fail(self, fault: NoAnswer, headers: Mapping[str, str]) -> web.Response:
        """Raises: DroppedError where the fault leaves no connection."""
        if isinstance(fault, ErrorReply):
            return self.refuse(fault, headers)
        if isinstance(fault, Hang):
            await asyncio.sleep(fault.hang_s)
            self._close()
        else:
            self._reset()
        raise DroppedError

    async def spoil(
        self, damage: Damage, answer: dict[str, Any], headers: Mapping[str, str]
    ) -> web.StreamResponse:
        """Raises: DroppedError where the damage leaves no connection."""
        match damage:
            case Late(late_s):
                await asyncio.sleep(late_s)
                return self.respond(answer, headers)
            case OddUsage(kind):
                return self.respond(_with_odd_usage(answer, kind), headers)
            case Dribble(pause_s):
                return await self._dribble(orjson.dumps(answer), headers, pause_s)
            case HalfBody():
                await self._send_half(orjson.dumps(answer), headers)
                self._close()
                raise DroppedError
            case MalformedJson():
                payload = orjson.dumps(answer)
                return web.Response(
                    body=payload[: len(payload) // 2], headers=self._headers(headers)
                )
            case EmptyAnswer():
                return self.respond(self.dialect.without_answer(answer), headers)
            case ErrorIn200(error):
                return self.respond(self.dialect.error(error, self.request_id), headers)

    async def _dribble(
        self, payload: bytes, headers: Mapping[str, str], pause_s: float
    ) -> web.StreamResponse:
        response = await self._begin(payload, headers)
        for byte in payload:
            await response.write(bytes([byte]))
            await asyncio.sleep(pause_s)
        return response

    async def _send_half(self, payload: bytes, headers: Mapping[str, str]) -> None:
        response = await self._begin(payload, headers)
        await response.write(payload[: len(payload) // 2])

    async def _begin(self, payload: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(headers=self._headers(headers))
        response.content_length = len(payload)
        await response.prepare(self.request)
        return response

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {
            "content-type": _JSON,
            self.dialect.request_id_header: self.request_id,
            **headers,
        }

    def _reset(self) -> None:
        """Lingering off, so that closing sends RST and not FIN."""
        if self.request.transport is not None:
            connection = self.request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
            self.request.transport.abort()

    def _close(self) -> None:
        if self.request.transport is not None:
            self.request.transport.close()


def _with_odd_usage(answer: dict[str, Any], kind: str) -> dict[str, Any]:
    odd: Mapping[str, Callable[[int], Any]] = {
        "zero": lambda _: 0,
        "negative": lambda tokens: -tokens,
        "text": str,
    }
    if kind == "none":
        return {name: value for name, value in answer.items() if name != "usage"}
    usage = {
        name: odd[kind](tokens) if isinstance(tokens, int) else tokens
        for name, tokens in answer["usage"].items()
    }
    return {**answer, "usage": usage}
