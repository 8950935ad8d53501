"""Locks on files, between processes. The kernel lets go of them when their holder ends."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

_FLOCK = "hhqqi4x"


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


def byte_lock(kind: int, offset: int) -> bytes:
    """`struct flock` for one byte: type, whence, start, length, and a process that must be 0."""
    return struct.pack(_FLOCK, kind, os.SEEK_SET, offset, 1, 0)


def locked_as(found: bytes) -> int:
    """The type that a `struct flock` says, as F_GETLK fills it in."""
    return struct.unpack(_FLOCK, found)[0]


def check_locks(folder: Path) -> None:
    """Raises: OSError where the file system of `folder` lacks one of the two kinds of locks that
    processes know of each other by: on a file, and on a byte of an open one."""
    with TemporaryFile(dir=folder) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, byte_lock(fcntl.F_WRLCK, 0))


def _open(path: Path) -> IO[bytes]:
    return path.open("ab")
