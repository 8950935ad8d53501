"""The folder that answers may write into: a small file system in memory, new for each trial.

Its size and its number of files are bounded. What an answer leaves in it is gone before the next
one starts, however deep or oddly named: the file system is taken off, not emptied. Where none can
be mounted it is a folder of the machine's, which the host watches, and which is emptied.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from os import environ  # the sandbox's own
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
        if self._path is not None and os.listdir(self._path):  # noqa: PTH208  # after each child
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


class Folder:
    """A folder of its own below `base`, which Landlock leaves to answers. Raises OSError."""

    def __init__(self, base: str) -> None:
        self.path = f"{base}/judge-{os.urandom(8).hex()}"
        os.mkdir(self.path, 0o700)  # noqa: PTH102  # `tempfile` is more for each child to inherit
        environ["HOME"] = environ["TMPDIR"] = self.path

    def enter(self) -> None:
        os.chdir(self.path)

    def renew(self) -> None:
        """Raises OSError."""
        empty(self.path)


def empty(folder: str) -> None:
    """Brings up what is deep inside, so that no path is too long. Raises OSError."""
    top = Path(folder)
    while entries := [*top.iterdir()]:
        for entry in entries:
            if entry.is_symlink() or not entry.is_dir():
                entry.unlink()
                continue
            entry.chmod(0o700)
            for inner in [*entry.iterdir()]:
                if inner.is_dir() and not inner.is_symlink():
                    inner.chmod(0o700)
                inner.rename(top / os.urandom(8).hex())
            entry.rmdir()


def remove(folder: str) -> None:
    """What a process that is gone has left, as far as that goes."""
    with suppress(OSError):
        empty(folder)
        Path(folder).rmdir()


def is_too_full(folder: str) -> bool:
    """Whether it holds more than BYTES or FILES, or what cannot be looked at."""
    files, size, waiting = 0, 0, [folder]
    try:
        while waiting and files <= FILES and size <= BYTES:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    size += _blocks(entry) << 9
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return files > FILES or size > BYTES


def _blocks(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks
    except FileNotFoundError:
        return 0
