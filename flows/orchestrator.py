"""Prefect as the command line uses it: reached first, patient, and quiet on the terminal."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from packaging.version import Version
from prefect import get_client
from prefect.client.base import ServerType
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging.configuration import ensure_logging_setup
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_HOME,
    temporary_settings,
)

from flows.temporary_server import START_LOCK, TemporaryServer, begun, use_server
from flows.terminal import Terminal
from pettingllms.errors import OrchestratorError
from pettingllms.files.remote import without_logins

__all__ = ["START_LOCK"]
log = logging.getLogger(__name__)
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
_RUNS = ("prefect.flow_runs", "prefect.task_runs")
_BESIDE_ANOTHER = (
    "Another Prefect server is at work here: this run's page is not on it, but in %s. To have it"
    " there, set PREFECT_API_URL to its address, such as http://127.0.0.1:4200/api."
)


@asynccontextmanager
async def session(*, is_reached: bool = False) -> AsyncGenerator[None]:
    """A Prefect server that answers: the one of PREFECT_API_URL, which is asked unless it
    `is_reached` already, or a temporary one.

    Raises: OrchestratorError.
    """
    show_the_story_only()
    server = _temporary_server() if server_url() is None else None
    if server is None:
        if not is_reached:
            await reach_server()
        yield
        return
    if server.database is not None:
        log.warning(_BESIDE_ANOTHER, server.database)
    await server.ready()
    with temporary_settings({PREFECT_API_URL: server.api_url}):
        yield


def _temporary_server() -> TemporaryServer | None:
    """The one that the command line has begun to start, or one that is started now."""
    return begun.get() or use_server(PREFECT_HOME.value())


def server_url() -> str | None:
    """PREFECT_API_URL, of the environment or of Prefect's profile, without what it holds of keys;
    None where a temporary server is to be used."""
    url = PREFECT_API_URL.value()
    return url and without_logins(url)


async def reach_server() -> str:
    """The version of the server that is named; Prefect's cloud always has ours. Raises:
    OrchestratorError where it does not answer, or something else does."""
    try:
        async with get_client() as client:
            problem = await client.api_healthcheck()
            if problem is not None:
                raise _does_not_answer(problem)
            if client.server_type == ServerType.CLOUD:
                return version("prefect")
            return str(Version(await client.api_version()))
    except (ValueError, TypeError, PrefectHTTPStatusError) as error:
        raise OrchestratorError(
            f"What PREFECT_API_URL names, {server_url()}, is no API of a Prefect server.",
            "Its address ends in /api: export PREFECT_API_URL=http://127.0.0.1:4200/api",
        ) from error


def _does_not_answer(problem: Exception) -> OrchestratorError:
    why = _ERRNO.sub("", without_logins(str(problem))).rstrip(".")
    return OrchestratorError(
        f"The Prefect server at {server_url()} does not answer: {why}.",
        "Start it (prefect server start), or unset PREFECT_API_URL for a temporary one. Behind"
        " a proxy, name its host in NO_PROXY.",
    )


def show_the_story_only() -> None:
    """On the terminal: the run's own lines and whatever is wrong, not Prefect's bookkeeping."""
    ensure_logging_setup()
    for handler in _console_handlers():
        handler.addFilter(_is_worth_showing)
        _log_to(Terminal(stderr=True, markup=False, highlight=False), handler)


def log_beside_display(terminal: Terminal) -> None:
    """On a terminal that has a display: lines go above it, but for those that it makes needless."""
    for handler in _console_handlers():
        handler.addFilter(_is_no_heartbeat)
        _log_to(terminal, handler)


def _log_to(terminal: Terminal, handler: PrefectConsoleHandler) -> None:
    handler.console = terminal
    handler.setFormatter(_Lines(terminal))


class _Lines(logging.Formatter):
    """The messages alone, broken at spaces where the terminal's lines end."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__("%(message)s")
        self._terminal = terminal

    def format(self, record: logging.LogRecord) -> str:
        return self._terminal.wrapped(super().format(record))


def _console_handlers() -> Iterator[PrefectConsoleHandler]:
    for name in (None, "prefect", *_RUNS):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, PrefectConsoleHandler):
                yield handler


def _is_worth_showing(record: logging.LogRecord) -> bool:
    if record.name in _RUNS:  # a state that a run ends in is told by the summary, or the error
        return any(record.exc_info or ()) or getattr(record, "story", False)
    return record.levelno >= (logging.ERROR if _is_housekeeping(record) else logging.WARNING)


def _is_housekeeping(record: logging.LogRecord) -> bool:
    """Of Prefect's inside, which on a busy machine warns of the logs that it has yet to send."""
    return "prefect/_internal/" in Path(record.pathname).as_posix()


def _is_no_heartbeat(record: logging.LogRecord) -> bool:
    return not getattr(record, "heartbeat", False)
