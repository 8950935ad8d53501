"""What a run does before Prefect is there: while that is loaded, and its server starts, the first
shards are asked, and the flow goes on from there.

Whatever stops a run before money is spent is looked at first. Where only Prefect could tell whether
a flow can run at all, nothing is asked ahead of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from importlib.metadata import version
from logging import Logger, LoggerAdapter
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from uuid import uuid4

from packaging.version import Version

from flows import environment
from flows.interruption import interruptible, to_the_end
from flows.story import STORY
from pettingllms.engine import collect_garbage_seldom
from pettingllms.errors import FatalError, PackageError
from pettingllms.records.expenses import dollars
from pettingllms.run.check import Checked
from pettingllms.run.collection import Collection, Report
from pettingllms.run.open import open_collection
from pettingllms.settings import Resolved, resolve
from pettingllms.wording import counted

T = TypeVar("T")
SHARDS_IN_FLIGHT = 4
opened_before: ContextVar[Collection | None] = ContextVar("opened_before", default=None)
"""What the command line has opened for the flow."""
NOTHING_SENT = "Nothing was sent."
what_is_left: ContextVar[str] = ContextVar("what_is_left", default=NOTHING_SENT)
"""Of a run that is broken off, for its page."""
_FASTAPI_THAT_BREAKS_RUNS = Version("0.155")
_PATIENCE_S = 1.0
_Logger = Logger | LoggerAdapter[Any]


def check_versions() -> None:
    """Raises: PackageError where each flow run fails with the fastapi that is installed."""
    found = version("fastapi")
    if Version(found) >= _FASTAPI_THAT_BREAKS_RUNS:
        raise PackageError(
            f"Prefect {version('prefect')} fails at every flow run with fastapi {found}.",
            'pip install "fastapi<0.151"',
        )


def flow_takes(checked: Checked, resolved: Resolved) -> bool:
    """Whether the flow will run over what is checked, and what it asks for is asked online."""
    settings = resolve(resolved.given()).settings
    return checked.settings == settings and not settings.batch


async def named_server_answers() -> bool:
    """Whether it is certain that the one of PREFECT_API_URL will take this run: it is asked
    directly, by http, and neither wants a login nor is of another version."""
    url = urlsplit(environment().get("PREFECT_API_URL", ""))
    if url.scheme != "http" or not url.hostname or "@" in url.netloc:
        return False
    if {"http", "all"} & getproxies().keys() and not proxy_bypass(url.netloc):
        return False
    try:
        async with asyncio.timeout(_PATIENCE_S):
            found = await _version_at(url.hostname, url.port or 80, f"{url.path}/admin/version")
    except (OSError, ValueError, TimeoutError):
        return False
    return found is not None and Version(found).major == Version(version("prefect")).major


async def _version_at(host: str, port: int, path: str) -> str | None:
    """Raises: OSError; ValueError where something else answers."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    return str(json.loads(body)) if b" 200 " in head.splitlines()[0] else None


@asynccontextmanager
async def working_ahead(checked: Checked) -> AsyncGenerator[Collection]:
    """A collection whose first shards are being asked. Raises: as `open_collection`."""
    async with open_collection(checked, str(uuid4())) as collection:
        collect_garbage_seldom()
        collection.begin(SHARDS_IN_FLIGHT)
        yield collection


async def report_of(
    collection: Collection, work: Awaitable[Report | T], logger: _Logger
) -> Report | T:
    """Of the `work` on a collection, also where that is broken off: what is paid is on the bill,
    and Ctrl+C has something to tell."""
    try:
        return await work
    except asyncio.CancelledError:
        by_hand = interruptible.get()
        if not collection.has_ended:
            left = await _broken_off(collection)
            if left.not_delivered is not None:
                logger.error("%s", left.not_delivered)
            if by_hand is not None:
                by_hand.report = left
            else:
                what_is_left.set(_what_is_kept(left))
                logger.info(f"Broken off. {what_is_left.get()}", extra=STORY)
        raise
    except FatalError as error:
        if collection.has_ended:
            raise
        return await _broken_off(collection, error)


def _what_is_kept(left: Report) -> str:
    sent, usd = left.stats.requests_sent, left.stats.cost.usd
    return (
        f"Every answer that arrived is kept: {counted(sent, 'request')} sent, {dollars(usd)} paid."
        f" The stats are in {left.files.place(left.files.stats)}."
    )


async def _broken_off(collection: Collection, error: FatalError | None = None) -> Report:
    """What is left of it. Raises: the FatalError that kept it from being written, or the first."""
    await to_the_end(collection.stop_asking())
    try:
        return await to_the_end(asyncio.to_thread(collection.break_off, error))
    except FatalError as another:
        raise (error or another) from None
