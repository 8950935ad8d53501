"""The HTTP client below the SDKs, against a real server."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from pettingllms.files.no_connection import NO_CERTIFICATE, NO_HTTP, NO_HTTPS
from pettingllms.providers.http import LeanClient, TransportError, lean


async def _echo(request: web.Request) -> web.Response:
    response = web.json_response({"got": await request.text(), "key": request.headers.get("X-Key")})
    response.headers.extend([("X-Seen", "a"), ("X-Seen", "b")])
    response.enable_compression(force=web.ContentCoding.gzip)
    return response


async def _tell(request: web.Request) -> web.Response:
    return web.json_response([request.method, dict(request.headers), await request.text()])


_number = count()


async def _made(_: web.Request) -> web.Response:
    return web.json_response(next(_number), status=201, headers={"Location": "/nowhere"})


async def _moved(_: web.Request) -> web.Response:
    raise web.HTTPTemporaryRedirect("/echo")


async def _hung_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest_asyncio.fixture
async def url() -> AsyncIterator[str]:
    app = web.Application()
    for path, handler in (
        ("/echo", _echo),
        ("/moved", _moved),
        ("/hung-up", _hung_up),
        ("/made", _made),
    ):
        app.router.add_post(path, handler)
    for place in ("/tell", "/tell/it"):
        app.router.add_route("*", place, _tell)
    async with TestServer(app) as server:
        yield str(server.make_url("/")).rstrip("/")


@pytest_asyncio.fixture
async def client() -> AsyncIterator[LeanClient]:
    async with LeanClient() as client:
        yield client


@pytest.mark.parametrize("path", ["/echo", "/moved"])
async def test_a_body_goes_there_and_a_zipped_one_comes_back(
    client: LeanClient, url: str, path: str
) -> None:
    """Headers too, each as often as it was sent; a redirect is followed with the same body."""
    response = await client.post(url + path, content=b"hello", headers={"X-Key": "k"})
    assert response.json() == {"got": "hello", "key": "k"}
    assert response.headers.get_list("x-seen") == ["a", "b"]
    assert response.status_code == 200


async def test_what_it_does_not_do_itself_the_library_does(client: LeanClient, url: str) -> None:
    """JSON bodies and query parameters."""
    response = await client.post(f"{url}/echo", json={"a": 1}, params={"b": "2"})
    assert response.json()["got"] == '{"a":1}'
    assert response.url.query == b"b=2"


async def test_a_lost_connection_is_an_error_that_the_sdks_know(
    client: LeanClient, url: str
) -> None:
    """Refused, or ended before the answer."""
    for place in (f"{url}/hung-up", "http://127.0.0.1:9/"):
        with pytest.raises(httpx2.TransportError):
            await client.post(place, content=b"hello")
    sdk = openai.AsyncOpenAI(api_key="k", base_url=url, http_client=client, max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        await sdk.post("/hung-up", cast_to=httpx2.Response, content=b"hello")


class Answering:
    """A server on loopback that says the same to whoever comes, and hangs up; over TLS where it
    has a `context`."""

    def __init__(self, said: bytes, context: ssl.SSLContext | None = None) -> None:
        self._said, self._context = said, context

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self._context)
        return self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(self._said)
        writer.close()


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"


@pytest.mark.parametrize(
    ("said", "place", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "http://127.0.0.1:{port}", NO_HTTP),
        (HALF, "http://127.0.0.1:{port}", "the answer broke off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "https://127.0.0.1:{port}", NO_HTTPS),
        (b"", "http://127.0.0.1:9", "connection refused"),
        (b"", "https://[::1]:9", "connection refused"),
        (b"", "http://nobody.invalid", "no host of that name is known"),
    ],
)
async def test_why_there_is_no_connection_is_said_in_plain_words(
    client: LeanClient, said: bytes, place: str, why: str
) -> None:
    """Without the library's own words, its addresses and its error numbers."""
    async with Answering(said) as port:
        with pytest.raises(TransportError) as caught:
            await client.post(place.format(port=port), content=b"hello")
    assert str(caught.value) == why


@pytest.fixture
def of_nobody(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that nobody has signed."""
    names = ("-keyout", "key.pem", "-out", "own.pem", "-subj", "/CN=localhost")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names)
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "key.pem")
    return context


async def test_a_certificate_of_nobody_is_not_accepted(
    client: LeanClient, of_nobody: ssl.SSLContext
) -> None:
    """The reason is OpenSSL's, and readable."""
    async with Answering(b"", of_nobody) as port:
        with pytest.raises(TransportError) as caught:
            await client.post(f"https://127.0.0.1:{port}", content=b"hello")
    assert str(caught.value) == f"{NO_CERTIFICATE}: self-signed certificate"


@pytest.mark.parametrize("sdk", [openai.AsyncOpenAI, anthropic.AsyncAnthropic])
async def test_a_lean_sdk_sends_what_the_sdk_itself_does(
    client: LeanClient, url: str, sdk: type[openai.AsyncOpenAI | anthropic.AsyncAnthropic]
) -> None:
    """The second request to a place as well as the first, and each with its own content."""
    settings: Any = {"api_key": "k", "base_url": url, "http_client": client, "max_retries": 0}
    plain, its = sdk(**settings), lean(sdk)(**settings)
    asked = [(f"{url}/tell", b"one"), (f"{url}/tell", b"another"), (f"{url}/tell/it", b"there")]
    options: Any = {"headers": {"X-Key": "k"}, "idempotency_key": ""}
    for place, body in asked:
        said = await plain.post(place, cast_to=httpx2.Response, content=body, options=options)
        reply = await its.exchange(place, body, options)
        assert (reply.status, json.loads(reply.content)) == (200, said.json())
        assert json.loads(reply.content)[2] == body.decode()
    got = [await each.get(f"{url}/tell", cast_to=httpx2.Response) for each in (plain, its)]
    assert got[0].json() == got[1].json()


async def test_a_lean_sdk_gives_back_what_came(client: LeanClient, url: str) -> None:
    """The first time and later: headers, what a redirect leads to, refusals, lost connections."""
    its = lean(openai.AsyncOpenAI)(api_key="k", base_url=url, http_client=client, max_retries=0)
    for body in (b"one", b"another"):
        for path in ("/echo", "/moved"):
            reply = await its.exchange(url + path, body, {})
            assert json.loads(reply.content)["got"] == body.decode()
            assert reply.headers["content-type"] == "application/json; charset=utf-8"
    with pytest.raises(openai.NotFoundError):
        await its.exchange(f"{url}/nowhere", b"", {})
    assert (await its.exchange(f"{url}/nowhere", b"", {})).status == 404
    with pytest.raises(openai.APIConnectionError):
        await its.exchange(f"{url}/hung-up", b"", {})
    with pytest.raises(TransportError):
        await its.exchange(f"{url}/hung-up", b"", {})
    await client.aclose()
    with pytest.raises(RuntimeError):
        await its.exchange(f"{url}/echo", b"", {})


async def test_where_a_thing_was_made_is_no_redirect(client: LeanClient, url: str) -> None:
    """It would be asked for, and paid for, twice."""
    its = lean(openai.AsyncOpenAI)(api_key="k", base_url=url, http_client=client, max_retries=0)
    first, second, third = [await its.exchange(f"{url}/made", b"", {}) for _ in range(3)]
    assert int(third.content) == int(second.content) + 1 == int(first.content) + 2


async def test_a_closed_client_sends_nothing(url: str) -> None:
    """As with any client of httpx2."""
    client = LeanClient()
    assert (await client.post(f"{url}/echo", content=b"1")).json()["got"] == "1"
    await client.aclose()
    with pytest.raises(RuntimeError):
        await client.post(f"{url}/echo", content=b"2")
