"""A run that is killed (-9) at one of the places between two of its steps."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from inspect import iscoroutinefunction
from multiprocessing import get_context
from typing import Any

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import FileLedger
from pettingllms.engine.batch import buying
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.redis import SharedBatches
from pettingllms.providers.batches import AnthropicBatches, OpenAIBatches

STEPS: dict[type[Any], tuple[str, ...]] = {
    Journal: ("plan", "move", "end_items"),
    FileLedger: ("hold", "settle_held"),
    OpenAIBatches: ("prepare", "create", "look", "find"),
    AnthropicBatches: ("prepare", "create", "look", "find"),
    ResponseCache: ("put",),
    SharedBatches: ("claim", "leave", "forget", "share"),
}
"""What writes, or is sent. A place is before one of them, or after it."""
_forked = get_context("forkserver")
_forked.set_forkserver_preload(["tests.engine.batch.conftest", "openai", "anthropic"])


@dataclass
class _Places:
    """Counts them, and dies at one."""

    deadly: int
    passed: list[str] = field(default_factory=list[str])

    def come_to(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        name = step.__qualname__

        @wraps(step)
        async def asynchronous(*args: Any, **more: Any) -> Any:
            self.come_to(f"before {name}")
            result = await step(*args, **more)
            self.come_to(f"after {name}")
            return result

        @wraps(step)
        def synchronous(*args: Any, **more: Any) -> Any:
            self.come_to(f"before {name}")
            result = step(*args, **more)
            self.come_to(f"after {name}")
            return result

        return asynchronous if iscoroutinefunction(step) else synchronous


def _run(work: Callable[[], Any], deadly: int, told: Any) -> None:
    buying.FIRST_POLL_S = 0.01
    places = _Places(deadly)
    for owner, names in STEPS.items():
        for name in names:
            setattr(owner, name, places.around(getattr(owner, name)))
    asyncio.run(work())
    told.send(places.passed)


def places_of(work: Callable[[], Any]) -> list[str]:
    """Those that a run comes by that nobody kills."""
    here, there = _forked.Pipe()
    process = _forked.Process(target=_run, args=(work, 0, there))
    process.start()
    passed = here.recv()
    process.join()
    return passed


def killed_at(work: Callable[[], Any], place: int) -> Iterator[int]:
    """The exit code of a run that dies at the `place`th, from 1."""
    _, there = _forked.Pipe()
    process = _forked.Process(target=_run, args=(work, place, there))
    process.start()
    process.join()
    yield process.exitcode or 0
