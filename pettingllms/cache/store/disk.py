"""What diskcache may read and write: bytes, and nothing that it would unpickle."""

from __future__ import annotations

from typing import Any, Literal

from diskcache import Disk  # pyright: ignore[reportMissingTypeStubs]
from diskcache.core import MODE_RAW  # pyright: ignore[reportMissingTypeStubs]


class BytesDisk(Disk):
    """Keys and values are bytes inside the database; every other kind of row is refused."""

    def put(self, key: Any) -> tuple[memoryview, Literal[True]]:
        if not isinstance(key, bytes):
            raise TypeError("keys are bytes")
        return memoryview(key), True

    def get(self, key: Any, raw: Any) -> bytes:
        if raw != 1 or not isinstance(key, bytes):
            raise ForeignRowError
        return key

    def store(
        self, value: Any, read: bool, key: Any = None
    ) -> tuple[Literal[0], Literal[1], None, memoryview]:
        if read or not isinstance(value, bytes):
            raise TypeError("values are bytes")
        return 0, MODE_RAW, None, memoryview(value)

    def fetch(self, mode: Any, filename: Any, value: Any, read: Any) -> bytes:
        if mode != MODE_RAW or filename is not None or not isinstance(value, bytes):
            raise ForeignRowError
        return value

    def remove(self, file_path: Any) -> None:
        """No row of ours names a file; one that does is not followed."""


class ForeignRowError(Exception):
    """A row that this module did not write."""
