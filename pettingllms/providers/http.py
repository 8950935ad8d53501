"""The HTTP client that the SDKs send through: aiohttp, and as little else as they need.

httpx2's own client parses the URL and merges headers, cookies and authentication anew for each
request, its adapter to aiohttp decodes each header several times, and an SDK copies its options
and looks at its retries and its credentials anew. A program that posts to one place with one key
needs all that once; for each request it is more than half of the CPU time.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
import yarl
from multidict import CIMultiDict

from pettingllms.errors import BaseURLError
from pettingllms.files.no_connection import NO_HTTP, why_no_connection
from pettingllms.providers.credentials import is_loopback
from pettingllms.providers.wire import failures

TransportError = httpx2.TransportError
"""No answer: the connection was refused, lost or never made."""


class NeverSentError(httpx2.TransportError):
    """No connection could be made, so nobody got the request."""


RESPONSE_TYPE = httpx2.Response
"""For the SDKs to give a response as it is."""
_KEEP_ALIVE_S = 4.0
"""Less than the 5 s of uvicorn, so that a connection is not used as the server closes it."""
MOST_RESPONSE_BYTES = 64_000_000
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AIOHTTP_SETS = frozenset({"host", "content-length", "connection", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class Response:
    """A response, read whole; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        return self.status in _REDIRECTS and "location" in self.headers


def reply_of(response: httpx2.Response) -> Response:
    """What an SDK got."""
    return Response(response.status_code, _plain(response.headers.raw), response.content)


class LeanClient(httpx2.AsyncClient):
    """Follows redirects of one server, and has no time limit of its own; of a response it reads
    `most_bytes`, unless it is streamed. Use within one event loop."""

    def __init__(self, most_bytes: int = MOST_RESPONSE_BYTES) -> None:
        self._aiohttp = AiohttpTransport(most_bytes)
        super().__init__(transport=self._aiohttp, follow_redirects=False, timeout=None)

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Raises: httpx2.TransportError; BaseURLError where a redirect leads elsewhere;
        ResponseTooLargeError."""
        self._refuse_if_closed()
        if how.get("stream"):
            return await self._aiohttp.begin(request)
        response = await self._aiohttp.handle_async_request(request)
        if not response.has_redirect_location:
            return response
        how["follow_redirects"] = False
        for _ in range(_MOST_REDIRECTS):
            response = await super().send(request, **how)
            if response.next_request is None:
                return response
            _check_redirect(request, response.next_request)
            request = response.next_request
        raise httpx2.TooManyRedirects("The server redirects in circles", request=request)

    async def send_like(self, first: _Outgoing, content: bytes) -> Response:
        """As `first` was sent, but with other content; redirects are not followed."""
        self._refuse_if_closed()
        incoming = await self._aiohttp.exchange(first, content)
        return Response(incoming.status, _plain(incoming.headers), incoming.content)

    def _refuse_if_closed(self) -> None:
        if self.is_closed:
            raise RuntimeError("the client is closed")


@lru_cache
def lean(sdk_client: type[Any]) -> type[Any]:
    """The SDK's client class, with `exchange`."""
    return type(sdk_client.__name__, (_LikeTheFirst, sdk_client), {})


class _LikeTheFirst:
    """Of an SDK's client: it builds and sends the first request to a place, and each later one
    goes out as that did, but for its content. What may differ otherwise, this program gives to no
    single request."""

    def __init__(self, *, http_client: LeanClient, **settings: Any) -> None:
        super().__init__(http_client=http_client, **settings)  # type: ignore[call-arg]
        self._lean_client = http_client
        self._first: dict[str, _Outgoing] = {}

    def _build_request(self, options: Any, **how: Any) -> httpx2.Request:
        request = cast("httpx2.Request", super()._build_request(options, **how))  # type: ignore[misc]
        if request.method == "POST":
            self._first[options.url] = _outgoing(request)
        return request

    async def exchange(self, url: str, content: bytes, options: Mapping[str, Any]) -> Response:
        """POST. Raises: TransportError, and what the SDK raises; a refusal may be a reply too."""
        first = self._first.get(url)
        if first is not None:
            reply = await self._lean_client.send_like(first, content)
            if not reply.is_redirect:
                return reply
        sdk: Any = self
        return reply_of(
            await sdk.post(url, cast_to=RESPONSE_TYPE, content=content, options=options)
        )


def _check_redirect(here: httpx2.Request, there: httpx2.Request) -> None:
    """What is sent is for the server that the user named. Raises: BaseURLError."""
    if not _is_same_server(here.url, there.url):
        raise BaseURLError(
            f"The server at {shown_url(here.url)} sends requests on to another one,"
            f" {shown_url(there.url)}: prompts are not sent there.",
            "If that is where they should go, name it with API_BASE_URL (--base-url).",
        )


def _is_same_server(here: httpx2.URL, there: httpx2.URL) -> bool:
    """From http to https too, where each has its own port."""
    if here.host.lower() != there.host.lower() or (here.scheme, there.scheme) == ("https", "http"):
        return False
    is_secured = (here.scheme, there.scheme) == ("http", "https")
    return _port(here) == _port(there) or (is_secured and (_port(here), _port(there)) == (80, 443))


def _port(url: httpx2.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


def shown_url(url: httpx2.URL) -> str:
    """Without a login, and without what may be one."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


class ReadResponse(httpx2.Response):
    """One whose content is there, so that nothing is left to decode, to count or to close."""

    def __init__(
        self,
        status: int,
        headers: list[tuple[bytes, bytes]],
        content: bytes,
        request: httpx2.Request,
    ) -> None:
        body = httpx2.ByteStream(content)
        decoded = httpx2.Headers(headers, encoding="latin-1")
        super().__init__(status, headers=decoded, stream=body, request=request)
        self._content = content
        self.is_closed = self.is_stream_consumed = True


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A request but for its content."""

    method: str
    url: yarl.URL
    headers: CIMultiDict[str]


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A response; its headers say nothing of how its content came, which is decoded."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes


def _outgoing(request: httpx2.Request) -> _Outgoing:
    raw = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw)
    headers = CIMultiDict((k, v) for k, v in raw if k.lower() not in _AIOHTTP_SETS)
    return _Outgoing(request.method, yarl.URL(str(request.url)), headers)


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """Sends a request, and reads the whole response, which may have `most_bytes` when unpacked.
    Raises: httpx2.TransportError, ResponseTooLargeError."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        outgoing = _outgoing(request)
        if isinstance(request.stream, httpx2.ByteStream):
            incoming = await self.exchange(outgoing, await request.aread())
        else:  # as it is read
            outgoing.headers["Content-Length"] = request.headers["Content-Length"]
            content = cast("AsyncIterable[bytes]", request.stream)
            incoming = await self.exchange(outgoing, content)
        return ReadResponse(incoming.status, incoming.headers, incoming.content, request)

    async def exchange(
        self, outgoing: _Outgoing, content: bytes | AsyncIterable[bytes]
    ) -> _Incoming:
        self._session = self._session or _new_session(outgoing.url)
        try:
            async with self._session.request(
                outgoing.method,
                outgoing.url,
                headers=outgoing.headers,
                data=content or None,
                allow_redirects=False,
            ) as response:
                read = await self._read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
            raise NeverSentError(_why(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(_why(error)) from error
        return _Incoming(response.status, _decoded(response), read)

    async def begin(self, request: httpx2.Request) -> httpx2.Response:
        """The response with its content still to come, as long as that is; a refusal is read, and
        may be no longer than any response."""
        outgoing = _outgoing(request)
        self._session = self._session or _new_session(outgoing.url)
        try:
            response = await self._session.get(
                outgoing.url, headers=outgoing.headers, allow_redirects=False
            )
            headers = _decoded(response)
            if not response.ok or response.status in _REDIRECTS:
                async with response:
                    read = await self._read(response)
                return ReadResponse(response.status, headers, read, request)
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(_why(error)) from error
        return httpx2.Response(
            response.status, headers=headers, stream=_Content(response), request=request
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """As it comes, unpacked piece by piece: what is too long is never held as a whole."""
        pieces, size = list[bytes](), 0
        async for piece in response.content.iter_any():
            pieces.append(piece)
            size += len(piece)
            if size > self._most_bytes:
                raise failures.too_large(self._most_bytes)
        return b"".join(pieces)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = None


class _Content(httpx2.AsyncByteStream):
    """Of a response that is read piece by piece. Raises: TransportError where it breaks off."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(_why(error)) from error

    async def aclose(self) -> None:
        self._response.close()


def _why(error: Exception) -> str:
    """As a clause, in plain words."""
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"the proxy {error.host}: {why_no_connection(error)}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refuses it: {error.status} {error.message}"
    if isinstance(error, aiohttp.ClientResponseError):
        return NO_HTTP
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server hung up without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off"
    return why_no_connection(error) or str(error) or type(error).__name__


_OF_THE_ENCODING = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})
"""Headers of content that aiohttp has decoded."""


def _decoded(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    return [pair for pair in response.raw_headers if pair[0].lower() not in _OF_THE_ENCODING]


def _plain(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _new_session(url: yarl.URL) -> aiohttp.ClientSession:
    verify = httpx2.create_ssl_context() if url.scheme == "https" else True
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=verify, keepalive_timeout=_KEEP_ALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        proxy=_proxy(url),
    )


def _proxy(url: yarl.URL) -> str | None:
    """That of HTTPS_PROXY and its kin, unless NO_PROXY names the host, or it is this machine."""
    if is_loopback(str(url)) or proxy_bypass(url.host or ""):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
