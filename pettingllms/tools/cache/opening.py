"""A cache that is there: the tools make none."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pettingllms.cache.responses import ResponseCache
from pettingllms.cache.store import is_store
from pettingllms.errors import CacheError


def check_there(folder: Path) -> None:
    """Raises: CacheError where there is no cache in `folder`."""
    if not is_store(folder):
        raise CacheError(
            f"There is no cache in {folder}.", "Name its folder with SFT_CACHE_DIR (--cache-dir)."
        )


@contextmanager
def opened(folder: Path) -> Generator[ResponseCache]:
    """Raises: CacheError where there is no cache in `folder`."""
    check_there(folder)
    cache = ResponseCache(folder)
    try:
        yield cache
    finally:
        cache.close()
