"""Python's garbage collector, set for programs that have thousands of requests under way."""

from __future__ import annotations

import gc

_THRESHOLDS = (50_000, 20, 100)


def collect_garbage_seldom() -> None:
    """For the rest of this process: what is loaded by now stays, and a row leaves few cycles. At
    the default thresholds a quarter of a request's CPU goes into looking for them.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
