"""What one of several processes may do alone: it holds a lease, as on the key that it asks for.

A lease is a kernel lock on one byte of a file that the processes share (an open file
description lock, Linux). It ends with its owner, however that ends, so nobody waits for the dead.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from pettingllms.files.locks import byte_lock

_OFFSET_DIGITS = 15


class Leases:
    """The leases of one process, in `file`. Within a process, see `single_flight`."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)

    def lease(self, key: str) -> Lease:
        """One on `key` (hex), not yet held."""
        # 60 bits of the key are the place of a byte that is locked, and never written.
        return Lease(self._file, int(key[:_OFFSET_DIGITS], 16))

    def close(self) -> None:
        os.close(self._file)


class Lease:
    """The right to ask for one key, while it is held."""

    def __init__(self, file: int, offset: int) -> None:
        self._file = file
        self._offset = offset
        self._is_held = False

    def try_take(self) -> bool:
        """Hold it, unless another process does. Returns whether it is held now."""
        with suppress(BlockingIOError):
            self._set(fcntl.F_WRLCK)
            self._is_held = True
        return self._is_held

    def release(self) -> None:
        if self._is_held:
            self._set(fcntl.F_UNLCK)
            self._is_held = False

    def _set(self, kind: int) -> None:
        # Of the open file: a lock of the process would end when any part of it closes the file.
        fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, byte_lock(kind, self._offset))
