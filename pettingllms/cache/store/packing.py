"""A content as it lies on the disk."""

from __future__ import annotations

import hashlib
import logging
import zlib

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
    return zlib.decompress(content)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
