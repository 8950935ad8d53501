"""The Redis that machines share, where one is named."""

from __future__ import annotations

from pettingllms.engine.redis import Connection, connected
from pettingllms.errors import FatalError
from pettingllms.run.check import check_sharing
from pettingllms.settings import Settings
from pettingllms.tools.doctor.finding import Finding, fine, problem, warning

_NAME = "Redis"
_KEEPS_ALL = "noeviction"


async def examine_sharing(settings: Settings) -> list[Finding]:
    """Whether it answers, and keeps what it is told; nothing where none is named."""
    try:
        check_sharing(settings)
        async with connected() as connection:
            return [] if connection is None else [await _examine(connection)]
    except FatalError as error:
        return [problem(_NAME, error)]


async def _examine(connection: Connection) -> Finding:
    policy = await connection.eviction_policy()
    if policy not in (None, _KEEPS_ALL):
        return warning(
            _NAME,
            f"at {connection.address}, drops what it is told when its memory is full ({policy})",
            "Set its maxmemory-policy to noeviction: answers would be paid for again.",
        )
    return fine(_NAME, f"at {connection.address}: answers, limits and budgets are shared")
