"""Which program this is, by its own files: what an earlier one remembered counts no more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path


@lru_cache
def source_digest(*folders: Path) -> str:
    """sha256 (hex) of every file below, whatever it is written in."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(_files(folder)):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """But for those that Python makes of them."""
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
