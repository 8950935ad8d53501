"""An official SDK's client for one server, used for what it is good at: to authenticate and send.

Retries, deadlines and parsing are not its business here. This module loads the HTTP client: import
it where an SDK is loaded, not before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from pettingllms.errors import CollectError
from pettingllms.files.spool import Spool
from pettingllms.providers.http import (
    MOST_RESPONSE_BYTES,
    RESPONSE_TYPE,
    LeanClient,
    NeverSentError,
    Response,
    TransportError,
    lean,
    reply_of,
)
from pettingllms.providers.wire import failures


@dataclass(frozen=True, slots=True)
class _Opened:
    """An SDK client and what closes it."""

    client: Any
    closer: AsyncGenerator[None]


_ClientsByLoop = WeakKeyDictionary[asyncio.AbstractEventLoop, _Opened]


class SDKConnection:
    """One SDK client per event loop, since neither SDK's survives a change of loop.

    Key and base URL are always given, so that none is picked up for the wrong server; the headers
    named in `without` are not sent, whatever the environment says.
    """

    def __init__(
        self,
        sdk: ModuleType,
        client_class: str,
        base_url: str,
        api_key: str | None,
        without: Sequence[str] = (),
        most_bytes: int = MOST_RESPONSE_BYTES,
    ) -> None:
        self._sdk = sdk
        self._client_class = lean(getattr(sdk, client_class))
        self._base_url = base_url
        self._api_key = api_key or "none"
        self._without = (*_TELEMETRY_HEADERS, *without)
        self._most_bytes = most_bytes
        self._clients: _ClientsByLoop = WeakKeyDictionary()

    async def exchange(
        self, url: str, headers: Mapping[str, str], timeout_s: float, content: bytes | None = None
    ) -> Response:
        """POST `content`, or GET where there is none; once. A refusal is a reply too.

        Raises: RequestTimeoutError when `timeout_s` is over, reply read or not;
        ConnectionFailedError; BaseURLError where the server sends it elsewhere;
        ResponseTooLargeError.
        """
        options = {**_SENT_ONCE, "headers": headers}
        with self._failures(url, timeout_s):
            try:
                async with asyncio.timeout(timeout_s):
                    client = await self._client()
                    if content is not None:
                        return await client.exchange(url, content, options)
                    return reply_of(await client.get(url, cast_to=RESPONSE_TYPE, options=options))
            except self._sdk.APIStatusError as error:
                return reply_of(error.response)

    @contextmanager
    def _failures(self, url: str, timeout_s: float) -> Generator[None]:
        """What goes wrong on the way, as this program's errors."""
        try:
            yield
        except TimeoutError:
            raise failures.timed_out(timeout_s) from None
        except (self._sdk.APIConnectionError, TransportError) as error:
            if isinstance(error.__cause__, CollectError):  # of our client, as the SDK wraps it
                raise error.__cause__ from None
            raise failures.connection_failed(url, error, was_sent=_was_sent(error)) from None

    async def upload(
        self,
        url: str,
        headers: Mapping[str, str],
        timeout_s: float,
        file: tuple[str, Spool],
        fields: Mapping[str, str],
    ) -> Response:
        """POST a form with a file (name and content). As `exchange`."""
        name, content = file
        form = {"body": dict(fields), "files": [("file", (name, content.file))]}
        sent = {**headers, "Content-Type": "multipart/form-data"}
        return await self._post(url, sent, timeout_s, form)

    async def send_spooled(
        self, url: str, headers: Mapping[str, str], timeout_s: float, content: Spool
    ) -> Response:
        """POST it as it is read. As `exchange`."""
        sent = {**headers, "Content-Length": str(content.size)}
        return await self._post(url, sent, timeout_s, {"content": content})

    async def _post(
        self, url: str, headers: Mapping[str, str], timeout_s: float, what: Mapping[str, Any]
    ) -> Response:
        options = {**_SENT_ONCE, "headers": headers}
        with self._failures(url, timeout_s):
            try:
                async with asyncio.timeout(timeout_s):
                    client = await self._client()
                    response = await client.post(
                        url, cast_to=RESPONSE_TYPE, options=options, **what
                    )
            except self._sdk.APIStatusError as error:
                return reply_of(error.response)
        return reply_of(response)

    @asynccontextmanager
    async def stream(
        self, url: str, headers: Mapping[str, str], timeout_s: float
    ) -> AsyncGenerator[tuple[Response | None, AsyncIterator[bytes]]]:
        """GET: a refusal, or else the content in pieces, as they come. Raises: as `exchange`, also
        while it is read; `timeout_s` is for the next piece."""
        options = {**_SENT_ONCE, "headers": headers}
        with self._failures(url, timeout_s):
            client = await self._client()
            try:
                async with asyncio.timeout(timeout_s):
                    response = await client.get(
                        url, cast_to=RESPONSE_TYPE, options=options, stream=True
                    )
            except self._sdk.APIStatusError as error:
                yield reply_of(error.response), _nothing()
                return
            try:
                yield None, _each_in_time(response.aiter_raw(), timeout_s)
            finally:
                await response.aclose()

    async def aclose(self) -> None:
        """Of this event loop; the connection can be used again."""
        opened = self._clients.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.closer.aclose()

    async def _client(self) -> Any:
        loop = asyncio.get_running_loop()
        opened = self._clients.get(loop)
        if opened is None:
            client = self._new_client()
            self._clients[loop] = opened = _Opened(client, _closer(client))
            await anext(opened.closer)
        return opened.client

    def _new_client(self) -> Any:
        return self._client_class(
            api_key=self._api_key,
            base_url=self._base_url,
            default_headers={name: self._sdk.Omit() for name in self._without},
            max_retries=0,
            timeout=None,
            http_client=LeanClient(self._most_bytes),
        )


def _was_sent(error: BaseException) -> bool:
    return not isinstance(error, NeverSentError) and not isinstance(error.__cause__, NeverSentError)


async def _each_in_time(pieces: AsyncIterator[bytes], timeout_s: float) -> AsyncIterator[bytes]:
    """Raises: TimeoutError where the next one does not come."""
    while True:
        async with asyncio.timeout(timeout_s):
            piece = await anext(pieces, None)
        if piece is None:
            return
        yield piece


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _closer(client: Any) -> AsyncGenerator[None]:
    """Ends with the event loop, which closes the generators left open: nobody need call aclose."""
    try:
        yield
    finally:
        await client.close()


_TELEMETRY_HEADERS = tuple(
    f"X-Stainless-{what}"
    for what in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
)
"""What the SDKs tell of this machine: not asked for, and a tenth of the CPU time of a request."""
_SENT_ONCE: Mapping[str, Any] = {
    "timeout": None,
    "max_retries": 0,
    "params": {},
    "extra_json": None,
    "follow_redirects": None,
    "idempotency_key": "",
}
"""What the SDKs would else take from their defaults, a deep copy for each request."""
