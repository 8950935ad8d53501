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

_KEEP_ALIVE_S = 4.0
"""Less than the 5 s of uvicorn, so that a connection is not used as the server closes it."""
_AIOHTTP_SETS = frozenset({b"host", b"content-length", b"connection", b"accept-encoding"})
_parsed = lru_cache(httpx2.URL)
_address = lru_cache(yarl.URL)


class LeanClient(httpx2.AsyncClient):
    """Follows redirects, and has no time limit of its own; use within one event loop."""

    def __init__(self) -> None:
        super().__init__(transport=AiohttpTransport(), follow_redirects=True, timeout=None)

    def build_request(self, method: str, url: Any, **parts: Any) -> httpx2.Request:
        headers, content = parts.pop("headers", None), parts.pop("content", None)
        parts.pop("timeout", None)
        if any(parts.values()) or not isinstance(content, bytes | None):
            return super().build_request(method, url, headers=headers, content=content, **parts)
        body = httpx2.ByteStream(content or b"")
        return httpx2.Request(method, _parsed(str(url)), headers=headers, stream=body)

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
        super().__init__(status, headers=headers, stream=body, request=request)
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
