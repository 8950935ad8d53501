"""The simulator on an event loop of its own, for callers without one or with several."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Thread
from types import TracebackType
from typing import Any, TypeVar

from pettingllms.simulator.server import Simulator

_T = TypeVar("_T")


class SimulatorThread:
    """`with SimulatorThread(Simulator(source)) as sim: ... sim.base_url`.

    Raises: SettingError on entry, when the port is taken.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="simulator", daemon=True)

    def __enter__(self) -> Simulator:
        self._thread.start()
        try:
            return self._run(self._simulator.__aenter__())
        except BaseException:
            self._end()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._run(self._simulator.__aexit__(kind, error, traceback))
        finally:
            self._end()

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
