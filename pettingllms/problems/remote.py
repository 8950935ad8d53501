"""Problem files by URL: each is copied to a temporary folder once, and read from there.

A run reads its problems several times: to check them, and to send them. It looks again at the
servers before it checks; what it sends is what it checked, whatever changes there meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from pettingllms.errors import ProblemFileError
from pettingllms.files.remote import RemoteFileError, Version, download, find, version_of


def find_remote(name: str) -> list[str]:
    """The URLs of the files that `name` stands for. Raises: ProblemFileError."""
    try:
        return _copies.found(name)
    except RemoteFileError as error:
        raise ProblemFileError(error.message, error.remedy) from error


def copy_of(url: str) -> Path:
    """The file on this machine. Raises: ProblemFileError."""
    try:
        return _copies.copy_of(url)
    except RemoteFileError as error:
        raise ProblemFileError(error.message, error.remedy) from error


def look_again() -> None:
    """What is read from here on is as it is on the servers now."""
    _copies.look_again()


@dataclass
class _Copies:
    """The copies of this process; they go when it ends."""

    lock: Lock = field(default_factory=Lock)
    listings: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    seen: set[str] = field(default_factory=set[str])
    copies: dict[str, tuple[Version, Path]] = field(default_factory=dict[str, tuple[Version, Path]])
    numbers: count[int] = field(default_factory=count)
    folder: TemporaryDirectory[str] | None = None

    def found(self, name: str) -> list[str]:
        with self.lock:
            if name not in self.listings:
                self.listings[name] = find(name)
            return self.listings[name]

    def copy_of(self, url: str) -> Path:
        with self.lock:
            if url not in self.seen:
                self._refresh(url)
                self.seen.add(url)
            return self.copies[url][1]

    def look_again(self) -> None:
        with self.lock:
            self.listings.clear()
            self.seen.clear()

    def _refresh(self, url: str) -> None:
        """Asked for the version first: a change while it is copied is seen at the next look."""
        version = version_of(url)
        kept = self.copies.get(url)
        if kept is not None and kept[0] == version:
            return
        path = self._new_path()
        download(url, path)
        self.copies[url] = (version, path)
        if kept is not None:
            kept[1].unlink(missing_ok=True)

    def _new_path(self) -> Path:
        if self.folder is None:
            self.folder = TemporaryDirectory(prefix="pettingllms-sft-")
        return Path(self.folder.name) / str(next(self.numbers))


_copies = _Copies()
