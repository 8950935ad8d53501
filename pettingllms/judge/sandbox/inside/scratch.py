"""The folder that answers may write into: a small file system in memory, new for each trial.

Its size and its number of files are bounded. What an answer leaves in it is gone before the next
one starts, however deep or oddly named: the file system is taken off, not emptied.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

BYTES, FILES = 64 << 20, 4096
MS_NOSUID, MS_NODEV, MS_NOEXEC, MNT_DETACH = 2, 4, 8, 2
_OPTIONS = f"size={BYTES},nr_inodes={FILES},mode=0777".encode()


class Scratch:
    """The folder at `path`; at None there is none, and children start in the root folder.

    Raises OSError where the kernel refuses the mount.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        if path is not None:
            _mount(path)

    def enter(self) -> None:
        os.chdir(self._path or "/")

    def renew(self) -> None:
        """Takes away what was left in it. Raises OSError."""
        if self._path is not None and any(Path(self._path).iterdir()):
            _checked(_libc().umount2(self._path.encode(), MNT_DETACH))
            _mount(self._path)


def _mount(path: str) -> None:
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _checked(_libc().mount(b"tmpfs", path.encode(), b"tmpfs", ctypes.c_ulong(flags), _OPTIONS))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
