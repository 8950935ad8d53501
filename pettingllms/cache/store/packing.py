"""A content as it lies on the disk."""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)

_DIGEST_BYTES = 16


def pack(key: str, content: bytes) -> bytes:
    """A checksum (over the key too), then the zipped content."""
    packed = zlib.compress(content, 1)
    return _digest(key.encode() + packed) + packed


def unpack(key: str, packed: bytes) -> bytes | None:
    digest, content = packed[:_DIGEST_BYTES], packed[_DIGEST_BYTES:]
    if _digest(key.encode() + content) != digest:
        log.warning("Cache entry %s is damaged: passed over.", key)
        return None
    return read_as(_unzip, key, content)


def read_as(decode: Callable[[bytes], T], key: str, content: bytes) -> T | None:
    """What `decode` makes of an entry's content; None, with a warning, where a newer or an older
    program wrote it in a form of its own."""
    try:
        return decode(content)
    except ValueError as error:
        log.warning("Cache entry %s is of another version (%s): passed over.", key, error)
        return None


def _unzip(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
