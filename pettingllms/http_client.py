"""The HTTP client that the SDKs send through: aiohttp, and as little else as they need.

httpx2's own client parses the URL and merges headers, cookies and authentication anew for each
request, and its adapter to aiohttp decodes each header several times. An SDK that posts to one
server needs none of that; what remains is a third of the CPU time of a request.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
import yarl

from pettingllms.credentials import is_loopback

RESPONSE_TYPE = httpx2.Response
"""For the SDKs to give a response as it is."""
_KEEP_ALIVE_S = 4.0
"""Less than the 5 s of uvicorn, so that a connection is not used as the server closes it."""
_AIOHTTP_SETS = frozenset({b"host", b"content-length", b"connection", b"accept-encoding"})
_address = lru_cache(yarl.URL)


class _LikeTheFirst:
    """Of an SDK's client: it builds the first request to a place, and each later one is like it
    but for its content. What may differ otherwise, this program gives to no single request."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._first: dict[tuple[str, str], httpx2.Request] = {}

    def _build_request(self, options: Any, **how: Any) -> httpx2.Request:
        place = (options.method, options.url)
        if place not in self._first:
            self._first[place] = super()._build_request(options, **how)  # type: ignore[misc]
        first = self._first[place]
        body = httpx2.ByteStream(options.content or b"")
        request = httpx2.Request(first.method, first.url, headers=first.headers, stream=body)
        request.headers.encoding = first.headers.encoding
        return request


@lru_cache
def lean(sdk_client: type[Any]) -> type[Any]:
    """The SDK's client class, building its requests alike."""
    return type(sdk_client.__name__, (_LikeTheFirst, sdk_client), {})


class LeanClient(httpx2.AsyncClient):
    """Follows redirects, and has no time limit of its own; use within one event loop."""

    def __init__(self) -> None:
        super().__init__(transport=AiohttpTransport(), follow_redirects=True, timeout=None)

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        if self.is_closed:
            raise RuntimeError("the client is closed")
        response = await self._transport.handle_async_request(request)
        return await super().send(request, **how) if response.has_redirect_location else response


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


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """Sends a request, and reads the whole response. Raises: httpx2.TransportError."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._session = self._session or _new_session(request.url)
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.headers.raw
            if name.lower() not in _AIOHTTP_SETS
        ]
        try:
            async with self._session.request(
                request.method,
                _address(str(request.url)),
                headers=headers,
                data=await request.aread() or None,
                allow_redirects=False,
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise httpx2.TransportError(str(error) or type(error).__name__) from error
        kept = [pair for pair in response.raw_headers if not _is_encoding(pair[0])]
        return ReadResponse(response.status, kept, content, request)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = None


def _is_encoding(name: bytes) -> bool:
    """Of the content, which aiohttp has undone."""
    return name.lower() in (b"content-encoding", b"transfer-encoding", b"content-length")


def _new_session(url: httpx2.URL) -> aiohttp.ClientSession:
    verify = httpx2.create_ssl_context() if url.scheme == "https" else True
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=verify, keepalive_timeout=_KEEP_ALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        proxy=_proxy(url),
    )


def _proxy(url: httpx2.URL) -> str | None:
    """That of HTTPS_PROXY and its kin, unless NO_PROXY names the host, or it is this machine."""
    if is_loopback(str(url)) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
