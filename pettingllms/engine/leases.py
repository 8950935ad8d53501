"""Identical requests of several processes become one: who asks holds a lease on the key.

A lease is a kernel lock on one byte of a file that the processes share (an open file
description lock, Linux). It ends with its owner, however that ends, so nobody waits for the dead.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

_FIRST_WAIT_S = 0.02
_LONGEST_WAIT_S = 0.5
_OFFSET_DIGITS = 15


class Leases:
    """The leases of one process, kept in `folder`. Within a process, see `single_flight`."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "leases", os.O_RDWR | os.O_CREAT, 0o600)

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncGenerator[None]:
        """Wait until no other process holds the lease on `key` (hex), then hold it."""
        wait_s = _FIRST_WAIT_S
        while not self._try_lock(key):
            await asyncio.sleep(wait_s)
            wait_s = min(_LONGEST_WAIT_S, wait_s * 2)
        try:
            yield
        finally:
            self._set(key, fcntl.F_UNLCK)

    def close(self) -> None:
        os.close(self._file)

    def _try_lock(self, key: str) -> bool:
        try:
            self._set(key, fcntl.F_WRLCK)
        except BlockingIOError:
            return False
        return True

    def _set(self, key: str, kind: int) -> None:
        offset = int(key[:_OFFSET_DIGITS], 16)
        fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _flock(kind, offset))


def _flock(kind: int, offset: int) -> bytes:
    """`struct flock` for one byte: type, whence, start, length, and a process that must be 0."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, offset, 1, 0)
