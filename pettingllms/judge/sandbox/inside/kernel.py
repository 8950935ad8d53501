"""What both of the sandbox's servants, the zygote and the foreman, know of the kernel."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

CPU_SLACK = 1.25  # the kernel counts by clock ticks, and would stop some too soon
PR_SET_PDEATHSIG = 1


def resident_bytes(process: int | str) -> int:
    """What a process (its number, or "self") has of the machine's memory just now; 0 where that
    cannot be read."""
    with suppress(OSError, ValueError, IndexError):
        statm = Path("/proc", str(process), "statm").read_bytes()
        return resident_pages(statm) * resource.getpagesize()
    return 0


def resident_pages(statm: bytes) -> int:
    """Raises ValueError, LookupError."""
    return int(statm.split()[1])
