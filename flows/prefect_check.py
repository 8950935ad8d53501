"""The doctor's look at Prefect, which is loaded only where it may know of a server."""

from __future__ import annotations

import asyncio
from importlib import import_module
from importlib.metadata import version

from flows.ahead import check_versions
from flows.home import home_without_server
from flows.loading import loading
from pettingllms.errors import FatalError
from pettingllms.tools.doctor import Finding, fine, problem, warning

_NAME = "Prefect"


async def examine_prefect() -> Finding:
    """Whether a flow can run here; starts no server."""
    installed = version("prefect")
    try:
        check_versions()
        url, server = (None, None) if home_without_server() else await _server_that_answers()
    except FatalError as error:
        return problem(_NAME, error)
    if url is None:
        return fine(_NAME, f"{installed}, with a temporary server for each run")
    if server == installed:
        return fine(_NAME, f"{installed}, server at {url}")
    return warning(
        _NAME,
        f"{installed} here, but {server} at {url}",
        f"Install prefect=={installed} on the server.",
    )


async def _server_that_answers() -> tuple[str | None, str | None]:
    """Its URL and its version, where one is named. Raises: OrchestratorError."""
    await asyncio.to_thread(_load_prefect)
    from flows import orchestrator  # noqa: PLC0415 - it is loaded by now

    url = orchestrator.server_url()
    return url, None if url is None else await orchestrator.reach_server()


def _load_prefect() -> None:
    with loading():
        import_module("flows.orchestrator")
