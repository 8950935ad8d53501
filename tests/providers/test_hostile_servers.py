"""Servers that mean harm, or have lost their way: what they do is one request's failure."""

import asyncio
import base64
import codecs
import gzip
import json
import resource
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Engine
from pettingllms.errors import (
    BaseURLError,
    CollectError,
    RateLimitError,
    ResponseTooLargeError,
    TransientError,
)
from pettingllms.providers.dispatch import RetryPolicy
from pettingllms.providers.redaction import MARK, Redactor
from pettingllms.utils.api_client import BaseAPIClient, client_class, resolve_config

Respond = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
HELLO = [{"role": "user", "content": "hello"}]
KEY = "sk-proj-QZ7hW2xLmP9aT4vB8nC1dF6gJ3kR5sY0uE-iO_pAqZwXTAIL9876"
ANSWER = {
    "id": "r", "model": "m",
    "choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn",
    "usage": {"prompt_tokens": 1, "completion_tokens": 1},
}  # fmt: skip


@asynccontextmanager
async def serving(respond: Respond) -> AsyncIterator[str]:
    """A server that reads a request, and then does what `respond` does; its base URL."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
            body = await reader.readexactly(int(length or 0))
            await respond(head + body, writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = (f"HTTP/1.1 {status}", "Content-Type: application/json", "Connection: close", *headers)
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode() + body


def saying(content: bytes) -> Respond:
    async def respond(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(content)

    return respond


@asynccontextmanager
async def client_of(
    url: str, provider: str = "openai", **more: Any
) -> AsyncIterator[BaseAPIClient]:
    config = resolve_config(provider, api_key=KEY, model="m", base_url=url, timeout=20, **more)
    client = client_class(provider)(config)
    try:
        yield client
    finally:
        await client.aclose()


async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def huge(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        writer.write(b" " * 0x10000)
        await writer.drain()


def bomb(encoding: str) -> Respond:
    """100 MB of nothing, which pack to a tenth of one."""
    packer = zlib.compressobj(wbits={"gzip": 31, "deflate": 15}[encoding])
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    return saying(reply(packed, f"Content-Encoding: {encoding}"))


TOO_LARGE: dict[str, Callable[[], Respond]] = {
    "endless": lambda: endless,
    "huge": lambda: huge,
    "gzip": lambda: bomb("gzip"),
    "deflate": lambda: bomb("deflate"),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
@pytest.mark.parametrize("provider", ["openai", "claude"])
async def test_a_response_without_end_is_one_row_s_failure(kind: str, provider: str) -> None:
    """It is broken off at the bound, and never held as a whole."""
    respond = TOO_LARGE[kind]()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with serving(respond) as url, client_of(url, provider, max_response_mb=8) as client:
        for _ in range(2):  # the SDK's own way, and the lean one
            with pytest.raises(ResponseTooLargeError, match=r"8 MB.*\n.*API_MAX_RESPONSE_MB"):
                await client.complete(HELLO)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1000
    assert grown_mb < 60


def without_end(piece: bytes, status: str = "200 OK") -> Respond:
    async def respond(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()

    return respond


FILES_WITHOUT_END = {
    "a line": without_end(b"x" * 0x10000),
    "blank lines": without_end(b"\n" * 0x10000),
    "a refusal": without_end(b"x" * 0x10000, "500 No"),
    "a redirect": without_end(b"x" * 0x10000, "302 Moved\r\nLocation: /other"),
}


@pytest.mark.parametrize("kind", FILES_WITHOUT_END)
@pytest.mark.parametrize("provider", ["openai", "claude"])
async def test_a_file_of_results_has_lines_that_end(kind: str, provider: str) -> None:
    """However many there are. Where none does, reading is broken off, and little is held."""
    respond = FILES_WITHOUT_END[kind]
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with serving(respond) as url, client_of(url, provider, max_response_mb=4) as client:
        with pytest.raises(ResponseTooLargeError, match="MB"):
            async for _ in client._api.lines("/results", 20):  # pyright: ignore  # what batches read
                pass
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1000
    assert grown_mb < 60


async def test_lines_come_whole_however_they_are_cut() -> None:
    """Blank ones are none, and the last needs no end; one that is too long is cut."""
    long = b"y" * 5_000_000
    lines = [b'{"a": 1}', b"", b"  ", b"x" * 100_000, long, b'{"b": 2}']
    content = reply(b"\n".join(lines))
    async with serving(saying(content)) as url, client_of(url, max_response_mb=4) as client:
        got = [line async for line in client._api.lines("/results", 20)]  # pyright: ignore
    assert got == [b'{"a": 1}', b"x" * 100_000, long[:4_000_000], b'{"b": 2}']


async def test_a_long_answer_within_the_bound_is_an_answer() -> None:
    """Packed or not."""
    long = {
        **ANSWER,
        "choices": [{**ANSWER["choices"][0], "message": {"content": "x" * 5_000_000}}],
    }
    packed = reply(gzip.compress(json.dumps(long).encode()), "Content-Encoding: gzip")
    async with serving(saying(packed)) as url, client_of(url) as client:
        assert len((await client.complete(HELLO)).text) == 5_000_000


def with_field(value: bytes) -> bytes:
    return json.dumps(ANSWER).encode().replace(b'"model": "m"', b'"model": "m", "more": ' + value)


STRANGE = {
    "100,000 brackets": reply(b"[" * 100_000 + b"]" * 100_000),
    "1,000 brackets": reply(b"[" * 1000 + b"]" * 1000),
    "1,000 brackets in a field": reply(with_field(b"[" * 1000 + b"]" * 1000)),
    "250 brackets in a field": reply(with_field(b"[" * 250 + b"]" * 250)),
    "250 objects in a field": reply(with_field(b'{"a":' * 250 + b"1" + b"}" * 250)),
    "nested refusal": reply(b'{"error":' * 900 + b"1" + b"}" * 900, status="400 No"),
    "nested refusal, deeper": reply(b"[" * 100_000, status="500 No"),
    "wide limit": reply(b"{}", "x-ratelimit-limit-requests: " + "9" * 5000, status="429 Too many"),
    "wide wait": reply(b"{}", "retry-after-ms: " + "9" * 400, status="429 Too many"),
    "wide seconds": reply(b"{}", "retry-after: " + "9" * 400, status="429 Too many"),
    "odd date": reply(b"{}", "retry-after: Mon, 99 Foo 99999999999 1:1:1", status="429 Too many"),
    "header without end": reply(b"{}", "x-more: " + "9" * 100_000),
    "many headers": reply(b"{}", *(f"x-{n}: 1" for n in range(20_000))),
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "odd status": b"HTTP/1.1 99999999999999999999 Yes\r\n\r\n",
    "odd length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "odd chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "no gzip": reply(b"{}", "Content-Encoding: gzip"),
    "half a gzip": reply(gzip.compress(b"x" * 999)[:20], "Content-Encoding: gzip"),
    "no UTF-8": reply(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
    "long number": reply(with_field(b"9" * 5000)),
    "no number": reply(b'{"usage": NaN}'),
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("provider", ["openai", "claude"])
async def test_whatever_a_server_says_is_an_answer_or_an_error_of_ours(
    kind: str, provider: str
) -> None:
    """Neither another exception, nor a wait without end."""
    async with serving(saying(STRANGE[kind])) as url, client_of(url, provider) as client:
        for _ in range(2):
            with suppress(CollectError):
                await asyncio.wait_for(client.complete(HELLO), 20)


async def test_an_answer_that_nests_deeply_fails_its_row_and_not_the_run(tmp_path: Path) -> None:
    """It reads, but could not be written to the cache: the next one is answered."""
    says = iter([STRANGE["250 brackets in a field"], reply(json.dumps(ANSWER).encode())])

    async def respond(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(next(says))

    cache = ResponseCache(tmp_path)
    async with serving(respond) as url:
        config = resolve_config("openai", api_key=KEY, model="m", base_url=url)
        engine = Engine(config, cache, "run", retry_policy=RetryPolicy(attempts=1))
        engine._is_verified = True  # pyright: ignore[reportPrivateUsage]
        first, second = await engine.ask(HELLO), await engine.ask(HELLO, 1)
        await engine.aclose()
    cache.close()
    assert isinstance(first.error, TransientError)
    assert second.completion is not None


async def test_a_wait_that_no_number_can_hold_is_no_wait() -> None:
    """The request is tried again as after any rate limit."""
    async with serving(saying(STRANGE["wide wait"])) as url, client_of(url) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.complete(HELLO)
    assert caught.value.retry_after_s is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("provider", ["openai", "claude"])
async def test_a_prompt_is_not_sent_on_to_another_server(status: int, provider: str) -> None:
    """Said with both addresses, and without the key or a login that the other one's may hold."""
    got: list[bytes] = []

    async def other(request: bytes, writer: asyncio.StreamWriter) -> None:
        got.append(request)
        writer.write(reply(json.dumps(ANSWER).encode()))

    async with serving(other) as elsewhere:
        there = elsewhere.replace("://", "://me:secret@")
        moved = reply(b"", f"Location: {there}/v9?key={KEY}", status=f"{status} Moved")
        async with serving(saying(moved)) as url, client_of(url, provider) as client:
            for _ in range(2):
                with pytest.raises(BaseURLError) as caught:
                    await client.complete(HELLO)
    assert got == []
    assert url in str(caught.value)
    assert f"{elsewhere}/v9" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert KEY not in str(caught.value)


async def test_a_redirect_on_the_same_server_is_followed_with_the_prompt() -> None:
    """Such as to another path; ten of them at most."""
    got: list[bytes] = []

    async def respond(request: bytes, writer: asyncio.StreamWriter) -> None:
        got.append(request)
        is_there = request.startswith((b"POST /there", b"GET /there"))
        answer = reply(json.dumps(ANSWER).encode())
        writer.write(answer if is_there else reply(b"", "Location: /there", status="307 Moved"))

    async with serving(respond) as url, client_of(url) as client:
        assert (await client.complete(HELLO)).text == "hi"
    assert b"hello" in got[-1]

    circle = reply(b"", "Location: /again", status="307 Moved")
    async with serving(saying(circle)) as url, client_of(url) as client:
        with pytest.raises(CollectError):
            await client.complete(HELLO)


QUOTES: dict[str, str] = {
    "whole": KEY,
    "in a word": f"x{KEY}y",
    "its beginning": KEY[:20],
    "its end": KEY[30:],
    "its last letters": KEY[-8:],
    "from its middle": KEY[12:34],
    "masked": f"{KEY[:10]}***{KEY[-4:]}",
    "masked with an ellipsis": f"{KEY[:5]}…{KEY[-8:]}",
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 of more": base64.b64encode(f"Bearer {KEY}.".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"a:{KEY}".encode()).decode(),
    "for a URL": quote(KEY, safe="").replace("-", "%2D").replace("_", "%5f"),
    "for a URL, each letter": "".join(f"%{ord(c):02x}" for c in KEY),
    "hex": KEY.encode().hex(),
    "hex with spaces": KEY.encode().hex(" "),
    "hex with colons": KEY.encode().hex(":"),
    "hex as Python writes it": "".join(f"\\x{ord(c):02x}" for c in KEY),
    "for a URL, twice": quote(quote(KEY, safe="").replace("-", "%2D"), safe=""),
    "for a URL, each letter twice": "".join(f"%25{ord(c):02x}" for c in KEY),
    "backwards": KEY[::-1],
    "in capitals": KEY.upper(),
    "in small letters": KEY.lower(),
    "with spaces": " ".join(KEY),
    "in groups": "-".join(KEY[n : n + 4] for n in range(0, len(KEY), 4)),
    "with nothing to be seen between": "\u200b".join(KEY),
    "in lines": "\n".join(KEY[n : n + 15] for n in range(0, len(KEY), 15)),
    "as a list": json.dumps([*KEY]),
    "as entities": "".join(f"&#{ord(c)};" for c in KEY),
    "as entities, in hex": "".join(f"&#x{ord(c):x};" for c in KEY),
    "escaped for JSON twice": "".join(f"\\u{ord(c):04x}" for c in KEY),
    "base64, twice": base64.b64encode(base64.b64encode(KEY.encode())).decode(),
    "base64, in lines": base64.encodebytes(f"{KEY} {KEY}".encode()).decode(),
    "rot13": codecs.encode(KEY, "rot13"),
    "base85": base64.b85encode(KEY.encode()).decode(),
    "base85 as Adobe has it": base64.a85encode(KEY.encode()).decode(),
    "as numbers": ", ".join(str(ord(c)) for c in KEY),
    "as numbers, one a line": "\n".join(str(ord(c)) for c in KEY),
    "in full width": "".join(chr(ord(c) + 0xFEE0) for c in KEY),
    "in full width, escaped": "".join(f"\\u{ord(c) + 0xFEE0:04X}" for c in KEY),
    "base32": base64.b32encode(KEY.encode()).decode(),
}
TRACES = (
    KEY[8:20], KEY[-8:], KEY[20:32], KEY[8:20].lower(), KEY[40:52].upper(), KEY[-20:-8][::-1],
    " ".join(KEY[20:32]), KEY[20:26].encode().hex(" "), "Z7hW-2xLm",
    base64.b64encode(KEY.encode()).decode()[16:32], KEY.encode().hex()[20:40],
    codecs.encode(KEY[8:20], "rot13"), base64.b85encode(KEY.encode()).decode()[20:32],
    base64.a85encode(KEY.encode()).decode()[20:32], ", ".join(str(ord(c)) for c in KEY[20:28]),
    "".join(chr(ord(c) + 0xFEE0) for c in KEY[20:32]),
)  # fmt: skip


@pytest.mark.parametrize("how", QUOTES)
@pytest.mark.parametrize("escaped", [False, True])
async def test_a_key_that_a_server_quotes_in_an_answer_goes_no_further(
    how: str, escaped: bool, tmp_path: Path
) -> None:
    """Text, reasoning, model, id and whatever else is kept: not in the completion, not on disk."""
    told = json.dumps(ANSWER)
    for place in ('"hi"', '"m"', '"r"'):
        told = told.replace(place, json.dumps(f"your key is {QUOTES[how]} !", ensure_ascii=False))
    if escaped:
        letters = {c: f"\\u{ord(c):04x}" for c in QUOTES[how] if c.isalnum()}
        quoted = "".join(letters.get(c, c) for c in QUOTES[how])
        told = told.replace(QUOTES[how], quoted)
    cache = ResponseCache(tmp_path)
    async with serving(saying(reply(told.encode()))) as url:
        config = resolve_config("openai", api_key=KEY, model="m", base_url=url)
        engine = Engine(config, cache, "run")
        engine._is_verified = True  # pyright: ignore[reportPrivateUsage]
        completion = (await engine.ask(HELLO)).completion
        await engine.aclose()
    kept = [entry.content for entry in cache._store.entries()]  # pyright: ignore[reportPrivateUsage]
    cache.close()
    assert completion is not None
    assert completion.text.startswith("your key is ")
    assert completion.text.endswith(" !")
    for trace in TRACES:
        assert trace not in repr(completion)
        assert trace.encode() not in (kept[0] or b"")


ORDINARY = st.text(st.sampled_from("abc sk-proj_XY*.19\\u00\n"), max_size=60)


@given(ORDINARY, ORDINARY, st.sampled_from(sorted(QUOTES)))
def test_text_around_a_quoted_key_stays_as_it_is(before: str, after: str, how: str) -> None:
    """And without a key in it, all of it."""
    redactor = Redactor(KEY)
    assert redactor.text(before) == before
    told = redactor.text(f"{before} {QUOTES[how]} {after}")
    assert told.startswith(f"{before} ")
    assert told.endswith(f" {after}")
    assert MARK in told


@pytest.mark.parametrize("key", ["EMPTY", "none", "test", "a", "sk-", "not-needed"])
def test_a_placeholder_is_not_cut_out_of_words(key: str) -> None:
    """Local servers get such keys."""
    text = f"{key}s are not {key.lower()}-like; a nonempty contest, a task-list"
    assert Redactor(key).text(text) == text


@given(st.binary(max_size=300))
def test_content_without_the_key_is_not_changed(content: bytes) -> None:
    """Whatever bytes they are."""
    assert Redactor(KEY).content(content) == content
