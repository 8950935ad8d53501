"""Identical calls at the same time become one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Within one event loop. Cancelling who waits does not cancel the flight."""

    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Future[T]] = {}

    async def join(self, key: str, depart: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The result of the one `depart()` under `key`, and whether this call was its leader."""
        flight = self._flights.get(key)
        leads = flight is None
        if flight is None:
            flight = asyncio.ensure_future(depart())
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        # Who is cancelled leaves; what is under way is paid, and is kept when it comes.
        return await asyncio.shield(flight), leads

    async def cancel(self) -> None:
        """End the flights that are still under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
