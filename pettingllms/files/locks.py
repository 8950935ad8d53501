"""Locks on files, between processes. The kernel lets go of them when their holder ends."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Hold the lock file `path`, once no other process does. Raises: OSError."""
    with _open(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def try_alone(path: Path) -> Generator[bool]:
    """Whether nobody holds `path`; then nobody gets it until the block ends. Raises: OSError."""
    with _open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class SharedLock:
    """Says of something that it is in use, by as many as like; `try_alone` finds out."""

    def __init__(self, path: Path) -> None:
        """Raises: OSError."""
        self._file = _open(path)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        self._file.close()


def _open(path: Path) -> IO[bytes]:
    return path.open("ab")
