"""Work on what an answer sent, which may be large."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

_SMALL_BYTES = 1 << 16
_T = TypeVar("_T")


async def aside(size: int, work: Callable[[], _T]) -> _T:
    """Does at once what is small, and beside the event loop what is not."""
    return work() if size < _SMALL_BYTES else await asyncio.to_thread(work)
