"""The library's own use of the response cache: what a client was answered is asked once.

Keys are those of a collection run, so that the two share what is paid.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pettingllms.cache.responses import ResponseCache, request_key
from pettingllms.errors import FatalError
from pettingllms.providers.credentials import from_environment
from pettingllms.records import ChatRequest, Completion

CACHE_DIR_ENV = "SFT_CACHE_DIR"


class InterruptedBatchError(FatalError):
    """Ctrl+C: nothing more is sent; what is under way is let arrive."""


class KeptAnswers:
    """Of one client, in one folder; `cache` says which, or that it is the one of all runs.

    Raises: CacheError.
    """

    def __init__(self, cache: bool | str | Path) -> None:
        named = from_environment(CACHE_DIR_ENV) if cache is True else str(cache)
        self._cache = ResponseCache(Path(named).expanduser() if named else default_cache_dir())
        self._flights: dict[str, asyncio.Task[Completion]] = {}

    async def answer(
        self, request: ChatRequest, ask: Callable[[], Awaitable[Completion]]
    ) -> Completion:
        """What is kept; else what `ask` brings, on the disk before it is returned. Calls for the
        same at the same time are one, and go on where who waits is cancelled."""
        key = request_key(request)
        kept = self._cache.get(key)
        if kept is not None:
            return kept
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._bought(key, request, ask))
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(flight)

    async def land(self) -> None:
        """Wait for what is under way, whatever comes of it."""
        await asyncio.gather(*self._flights.values(), return_exceptions=True)

    async def _bought(
        self, key: str, request: ChatRequest, ask: Callable[[], Awaitable[Completion]]
    ) -> Completion:
        completion = await ask()
        await self._cache.put(key, request, completion)
        return completion


def default_cache_dir() -> Path:
    """Of every run that names no other. Raises: RuntimeError where there is no home."""
    base = from_environment("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "pettingllms-sft"
