"""A provider's HTTP API, spoken through its official SDK: JSON in, JSON or an error out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pettingllms.errors import CollectError
from pettingllms.files import json
from pettingllms.files.spool import Spool
from pettingllms.providers.dispatch import RateLimits
from pettingllms.providers.redaction import Redactor
from pettingllms.providers.wire import failures
from pettingllms.providers.wire.json_access import text
from pettingllms.providers.wire.protocol import Wire
from pettingllms.providers.wire.replies import read_answer, read_refusal

if TYPE_CHECKING:
    from pettingllms.providers.http import Response
    from pettingllms.providers.sdk import SDKConnection


_LONG_BYTES = 1 << 18
"""What takes long to search is searched beside the event loop."""


class ProviderAPI:
    """At one base URL, with one key. Each request is sent once: retries are others' business.

    `learn` is told what the headers say of rate limits; a response may have `most_bytes`.
    """

    def __init__(
        self,
        name: str,
        wire: Wire,
        base_url: str,
        api_key: str | None,
        learn: Callable[[RateLimits], None],
        most_bytes: int,
    ) -> None:
        self.base_url = base_url
        self._name = name
        self._wire = wire
        self._api_key = api_key
        self._learn = learn
        self._most_bytes = most_bytes
        self._redactor = Redactor(api_key)
        self._connection: SDKConnection

    def connect(self, sdk: ModuleType, client_class: str, omitted: Sequence[str] = ()) -> None:
        """Open the SDK's client; the headers named in `omitted` are not sent."""
        opening: ModuleType = import_module("pettingllms.providers.sdk")
        self._connection = opening.SDKConnection(
            sdk, client_class, self.base_url, self._api_key, omitted, self._most_bytes
        )

    async def call(
        self, path: str, timeout_s: float, body: Mapping[str, Any] | None = None
    ) -> object:
        """POST `body`, or GET where there is none.

        What comes back, and what is raised (every failure, as an error of `pettingllms.errors`),
        is without the key: servers like to quote it, and nobody else needs to read it.
        """
        url = f"{self.base_url}{path}"
        content = None if body is None else json.dumps(body)
        with self.hiding_the_key():
            reply = await self._connection.exchange(url, self._wire.HEADERS, timeout_s, content)
            return await self._read(url, reply, text(body, "model"))

    async def upload(
        self, path: str, timeout_s: float, file: tuple[str, Spool], fields: Mapping[str, str]
    ) -> object:
        """POST a form with a file (name and content). As `call`."""
        url, headers = f"{self.base_url}{path}", self._wire.HEADERS
        with self.hiding_the_key():
            reply = await self._connection.upload(url, headers, timeout_s, file, fields)
            return await self._read(url, reply)

    async def send(self, path: str, timeout_s: float, content: Spool) -> object:
        """POST `content`, which is JSON. As `call`."""
        url = f"{self.base_url}{path}"
        with self.hiding_the_key():
            reply = await self._connection.send_spooled(url, self._wire.HEADERS, timeout_s, content)
            return await self._read(url, reply)

    async def lines(self, path: str, timeout_s: float) -> AsyncIterator[bytes]:
        """GET: each line of the content, however long all of it is; one that is longer than a
        response may be is not whole. Raises: as `call`, ConnectionFailedError where the content
        breaks off, and ResponseTooLargeError where no line ends for many times as long."""
        url = f"{self.base_url}{path}"
        with self.hiding_the_key():
            async with self._connection.stream(url, self._wire.HEADERS, timeout_s) as opened:
                refusal, content = opened
                if refusal is not None:
                    raise self._refusal(url, refusal, await self._redacted(refusal.content))
                async for line in _lines_of(content, self._most_bytes):
                    yield self._redactor.content(line)

    async def _read(self, url: str, reply: Response, model: str = "") -> object:
        self._learn(self._wire.rate_limits(reply.headers))
        said = await self._redacted(reply.content)
        if not reply.is_success:
            raise self._refusal(url, reply, said, model)
        return read_answer(url, said)

    def _refusal(self, url: str, reply: Response, said: bytes, model: str = "") -> CollectError:
        return failures.error_from_response(
            self._name, model, url, reply.status, read_refusal(said), reply.headers
        )

    async def aclose(self) -> None:
        await self._connection.aclose()

    @contextmanager
    def hiding_the_key(self) -> Generator[None]:
        """What was raised inside is raised on without it."""
        with self._redactor.guarding_errors():
            yield

    async def _redacted(self, content: bytes) -> bytes:
        if len(content) < _LONG_BYTES:
            return self._redactor.content(content)
        return await asyncio.to_thread(self._redactor.content, content)


_NO_LINE = 8
"""Times what an answer may have: one that is longer is lost alone, and this is no line any more."""


async def _lines_of(pieces: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    """Each line with something in it, as far as `most_bytes`. Raises: ResponseTooLargeError."""
    line, size, unended = list[bytes](), 0, 0
    async for piece in pieces:
        unended += len(piece)
        *ends, begun = piece.split(b"\n")
        for end in ends:
            whole = b"".join((*line, end))[:most_bytes]
            line, size = [], 0
            if whole.strip():
                unended = 0
                yield whole
        line += [begun] if size < most_bytes else []
        size += len(begun)
        if unended > _NO_LINE * most_bytes:
            raise failures.too_large(_NO_LINE * most_bytes)
    if (last := b"".join(line)[:most_bytes]).strip():
        yield last
