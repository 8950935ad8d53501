"""Prefect as the command line uses it: reached first, patient, and quiet on the terminal."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect import get_client
from prefect.logging.configuration import setup_logging
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    temporary_settings,
)

from pettingllms.errors import OrchestratorError

_RUNS = ("prefect.flow_runs", "prefect.task_runs")
_START_S = 180
"""The temporary server's first start makes its database; on a busy machine that takes time."""


@asynccontextmanager
async def session() -> AsyncGenerator[None]:
    """A Prefect server that answers: the one of PREFECT_API_URL, or a temporary one.

    Raises: OrchestratorError.
    """
    with temporary_settings(
        {
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: _START_S,
            PREFECT_SERVER_ANALYTICS_ENABLED: False,
        }
    ):
        _show_the_story_only()
        await _reach_the_server()
        yield


async def _reach_the_server() -> None:
    try:
        async with get_client() as client:
            problem = await client.api_healthcheck()
    except RuntimeError as error:  # how Prefect says that its temporary server did not start
        problem = error
    if problem is None:
        return
    if url := PREFECT_API_URL.value():
        raise OrchestratorError(
            f"The Prefect server at {url} does not answer: {problem}.",
            "Start it (prefect server start), or unset PREFECT_API_URL for a temporary one.",
        )
    raise OrchestratorError(
        f"Prefect's temporary server did not start: {problem}",
        "Run `prefect server start` for a closer look, and `prefect config view` for its settings.",
    )


def _show_the_story_only() -> None:
    """On the terminal: the run's own lines and whatever is wrong, not Prefect's bookkeeping."""
    setup_logging()
    for name in (None, "prefect", *_RUNS):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, PrefectConsoleHandler):
                handler.addFilter(_is_worth_showing)
                handler.setFormatter(logging.Formatter("%(message)s"))


def _is_worth_showing(record: logging.LogRecord) -> bool:
    if record.name in _RUNS:  # a state that a run ends in is told by the summary, or the error
        return bool(record.exc_info) or getattr(record, "story", False)
    return record.levelno >= logging.WARNING
