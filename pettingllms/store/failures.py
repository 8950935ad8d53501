"""What it means that a folder cannot be written."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from pettingllms.errors import CacheError, CollectError, DiskFullError


def is_disk_full(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    )


def write_error(folder: Path, error: Exception) -> CollectError:
    if is_disk_full(error):
        return disk_full(folder)
    return CacheError(
        f"The cache folder {folder} cannot be used: {error}.",
        "Make it writable, or name another one with --cache-dir.",
    )


def disk_full(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds the cache {folder} is full.",
        "Free some space and run again: every answer that arrived is kept.",
    )
