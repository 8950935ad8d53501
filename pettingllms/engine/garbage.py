"""Memory, for programs that have thousands of requests under way: garbage is looked for seldom, and
what is free is given back."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

_THRESHOLDS = (50_000, 20, 100)
_M_TRIM_THRESHOLD = -1
_KEPT_BYTES = 128 * 1024
"""glibc's own default, which it forgets at the first large block that is freed."""


def collect_garbage_seldom() -> None:
    """For the rest of this process: what is loaded by now stays, and a row leaves few cycles. At
    the default thresholds a quarter of a request's CPU goes into looking for them.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    _give_back_what_is_free()


def _give_back_what_is_free() -> None:
    """A shard's lines are large blocks. Once one of that size was freed, glibc would keep twice as
    much for the next ones: a tenth of a run's memory."""
    with suppress(AttributeError, OSError):  # of another C library
        ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
