"""The memory of a session: of all processes that a client has started, whoever is their parent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_KIB_PER_MIB = 1024


def session_mb(home: Path) -> float:
    """Proportional shares, so that what processes share counts once. They are known by their HOME,
    which is the client's own, and below those by their parents: a sandbox has no environment."""
    parents, found = dict(_parents()), set[int]()
    more = {pid for pid in parents if _has_home(pid, home)}
    while more:
        found |= more
        more = {pid for pid, parent in parents.items() if parent in found} - found
    return sum(map(_share_mb, found))


def _parents() -> Iterator[tuple[int, int]]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            after_name = (process / "stat").read_text().rpartition(")")[2]
            yield int(process.name), int(after_name.split()[1])


def _has_home(pid: int, home: Path) -> bool:
    with suppress(OSError):
        return f"HOME={home}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return False


def _share_mb(pid: int) -> float:
    with suppress(OSError):  # it has ended, or is another user's
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
        return int(found[1]) / _KIB_PER_MIB if found else 0.0
    return 0.0
