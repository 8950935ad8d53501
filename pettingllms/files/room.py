"""The room that the disk under a folder has left."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pettingllms.errors import DiskFullError

_MB = 1_000_000
_LEAST_FREE_MB = 64
"""A run's files are small beside this, and the cache holds back 4 MB of its own."""


def nearest_there(path: Path) -> Path:
    """`path` itself, or the first above it that is there."""
    paths = (path.absolute(), *path.absolute().parents)
    return next(path for path in paths if os.path.exists(path))  # noqa: PTH110 - out of reach is not there


def why_unwritable(folder: Path) -> str | None:
    """As far as can be told without writing; None where a file could probably be made there."""
    place = nearest_there(folder)
    if not place.is_dir():
        return f"{place} is no folder"
    return (
        None if os.access(place, os.W_OK | os.X_OK) else f"{place} may not be written by this user"
    )


def check_room(folder: Path, setting: str) -> int:
    """The free bytes of the disk that holds `folder`, or will; `setting` is what names it.

    Raises: DiskFullError where they are fewer than a run needs.
    """
    free = shutil.disk_usage(nearest_there(folder)).free
    if free < _LEAST_FREE_MB * _MB:
        raise DiskFullError(
            f"The disk that holds {folder} has {free // _MB} MB left, and a run needs"
            f" {_LEAST_FREE_MB} MB.",
            f"Free some space, or name a folder on another disk with {setting}.",
        )
    return free
