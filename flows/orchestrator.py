"""Prefect as the command line uses it: reached first, patient, and quiet on the terminal."""

from __future__ import annotations

import fcntl
import logging
import signal
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

from packaging.version import Version
from prefect import get_client
from prefect.logging.configuration import setup_logging
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    temporary_settings,
)
from rich.console import Console

from pettingllms.errors import OrchestratorError, PackageError
from pettingllms.files.remote import without_logins
from pettingllms.wording import shown

_RUNS = ("prefect.flow_runs", "prefect.task_runs")
START_LOCK = "sft-collect.start"
"""In Prefect's home: whoever holds it may start a temporary server."""
_START_S = 180
"""The temporary server's first start makes its database; on a busy machine that takes time."""
_FASTAPI_THAT_BREAKS_RUNS = Version("0.155")


@asynccontextmanager
async def session() -> AsyncGenerator[None]:
    """A Prefect server that answers: the one of PREFECT_API_URL, or a temporary one.

    Raises: OrchestratorError; PackageError where no flow run can succeed.
    """
    check_versions()
    with temporary_settings(
        {
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: _START_S,
            PREFECT_SERVER_ANALYTICS_ENABLED: False,
        }
    ):
        show_the_story_only()
        with _one_start_at_a_time(), _out_of_reach_of_ctrl_c():
            await reach_server()
        yield


@contextmanager
def _one_start_at_a_time() -> Generator[None]:
    """The first temporary server makes the database; two that make it at once break."""
    if server_url() is not None:
        yield
        return
    with _start_lock() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_lock() -> IO[str]:
    home = PREFECT_HOME.value()
    try:
        home.mkdir(parents=True, exist_ok=True)
        return (home / START_LOCK).open("w")
    except OSError as error:
        raise OrchestratorError(
            f"Prefect's folder {home} cannot be used: {error}.",
            "Make it writable, or name another one with PREFECT_HOME.",
        ) from error


@contextmanager
def _out_of_reach_of_ctrl_c() -> Generator[None]:
    """A terminal sends it to every process at once, but the temporary server has to outlive the
    run, which tells it how it ended: a process starts with the signals blocked that its parent
    blocks."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def check_versions() -> None:
    """Raises: PackageError where each flow run fails with the fastapi that is installed."""
    found = version("fastapi")
    if Version(found) >= _FASTAPI_THAT_BREAKS_RUNS:
        raise PackageError(
            f"Prefect {version('prefect')} fails at every flow run with fastapi {found}.",
            'pip install "fastapi<0.151"',
        )


def server_url() -> str | None:
    """PREFECT_API_URL, of the environment or of Prefect's profile, without what it holds of keys;
    None where a temporary server is to be used."""
    url = PREFECT_API_URL.value()
    return url and without_logins(url)


async def reach_server() -> None:
    """Starts the temporary server where there is no other. Raises: OrchestratorError."""
    try:
        async with get_client() as client:
            problem = await client.api_healthcheck()
    except RuntimeError as error:  # how Prefect says that its temporary server did not start
        problem = error
    if problem is None:
        return
    if url := server_url():
        reason = without_logins(str(problem)).rstrip(".")
        raise OrchestratorError(
            f"The Prefect server at {url} does not answer: {reason}.",
            "Start it (prefect server start), or unset PREFECT_API_URL for a temporary one. Behind"
            " a proxy, name its host in NO_PROXY.",
        )
    raise OrchestratorError(
        f"Prefect's temporary server did not start: {problem}",
        "Run `prefect server start` for a closer look, and `prefect config view` for its settings.",
    )


def show_the_story_only() -> None:
    """On the terminal: the run's own lines and whatever is wrong, not Prefect's bookkeeping."""
    setup_logging()
    for handler in _console_handlers():
        handler.addFilter(_is_worth_showing)
        handler.addFilter(_only_shown)
        handler.setFormatter(logging.Formatter("%(message)s"))


def log_to(console: Console) -> None:
    """On a console that has a display: lines go above it, but for those that it makes needless."""
    for handler in _console_handlers():
        handler.addFilter(_is_no_heartbeat)
        handler.console = console


def _console_handlers() -> Iterator[PrefectConsoleHandler]:
    for name in (None, "prefect", *_RUNS):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, PrefectConsoleHandler):
                yield handler


def _is_worth_showing(record: logging.LogRecord) -> bool:
    if record.name in _RUNS:  # a state that a run ends in is told by the summary, or the error
        return any(record.exc_info or ()) or getattr(record, "story", False)
    return record.levelno >= (logging.ERROR if _is_housekeeping(record) else logging.WARNING)


def _only_shown(record: logging.LogRecord) -> bool:
    """Messages quote servers, problems and paths."""
    record.msg, record.args = shown(record.getMessage()), ()
    return True


def _is_housekeeping(record: logging.LogRecord) -> bool:
    """Of Prefect's inside, which on a busy machine warns of the logs that it has yet to send."""
    return "prefect/_internal/" in Path(record.pathname).as_posix()


def _is_no_heartbeat(record: logging.LogRecord) -> bool:
    return not getattr(record, "heartbeat", False)
