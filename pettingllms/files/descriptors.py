"""How many files this process may have open at once, connections among them."""

from __future__ import annotations

import os
import resource
from contextlib import suppress

from pettingllms.errors import SettingError

_OF_A_RUN = 64
_OF_A_WORKER = 8
"""Of the judge's, of which there is one for each CPU."""


def check_open_files(connections: int, fewer: str) -> None:
    """That a run may have so many `connections` beside its other files, or `fewer` by that setting.
    The limit is raised first, as far as this user may. Raises: SettingError."""
    needed = _OF_A_RUN + _OF_A_WORKER * (os.cpu_count() or 1) + connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _holds(soft, needed):
        return
    if _holds(hard, needed):
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
            return
    raise SettingError(
        f"{soft} files may be open at once here, connections among them, and this run needs"
        f" {needed}.",
        f"Allow more with `ulimit -n {needed}`, or ask less at once with {fewer}.",
    )


def _holds(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed
