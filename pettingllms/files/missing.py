"""Why nothing is found under a name that somebody has typed."""

from __future__ import annotations

import errno
from pathlib import Path


def why_missing(path: Path, usually: str = "is not there") -> str:
    """As what is said of `path`."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a link that leads back to itself"
    if path.is_symlink():
        return f"is a link to {path.readlink()}, which is not there"
    return usually
