"""The doctor's look at Prefect."""

from __future__ import annotations

from prefect import __version__ as installed
from prefect import get_client
from prefect.client.base import ServerType

from flows import orchestrator
from flows.ahead import check_versions
from pettingllms.errors import FatalError
from pettingllms.tools.doctor import Finding, fine, problem, warning

_NAME = "Prefect"


async def examine_prefect() -> Finding:
    """Whether a flow can run here; starts no server."""
    try:
        check_versions()
        url = orchestrator.server_url()
        if url is None:
            return fine(_NAME, f"{installed}, with a temporary server for each run")
        await orchestrator.reach_server()
    except FatalError as error:
        return problem(_NAME, error)
    server = await _server_version()
    if server == installed:
        return fine(_NAME, f"{installed}, server at {url}")
    return warning(
        _NAME,
        f"{installed} here, but {server} at {url}",
        f'pip install "prefect=={installed}" on the server.',
    )


async def _server_version() -> str:
    async with get_client() as client:
        if client.server_type == ServerType.CLOUD:
            return installed
        return await client.api_version()
