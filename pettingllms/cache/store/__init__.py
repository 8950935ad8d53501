"""A durable store of bytes by key, on diskcache, that trusts nothing it reads.

A diskcache.Cache behind a `Disk` that stores and reads bytes only: diskcache unpickles what it
finds (CVE-2025-69872), this never does. Nothing is evicted. Writes go through one thread that
commits whatever has gathered in one transaction, and return when it is durable. Each entry
carries a checksum, so that a damaged file yields misses, never wrong contents.
"""

from pettingllms.cache.store.packing import pack, read_as, unpack
from pettingllms.cache.store.reading import SCHEMA_VERSION, is_store, look_up
from pettingllms.cache.store.store import Store

__all__ = ["SCHEMA_VERSION", "Store", "is_store", "look_up", "pack", "read_as", "unpack"]
