"""Writing that never shows a half-written file, and what it means that it cannot be done."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from pettingllms.errors import DiskFullError, FatalError, OutputError


def check_writable(folder: Path) -> None:
    """Make `folder`, and a file in it. Raises: OutputError, DiskFullError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise write_error(folder, error) from error


def atomic_write(path: Path, chunks: Iterable[bytes]) -> None:
    """Replace `path`, or what it is a link to, by `chunks`, whole or not at all, on the disk when
    this returns.

    Raises: OutputError, DiskFullError, and whatever `chunks` raises; then `path` is as it was.
    """
    place = Path(os.path.realpath(path))
    _refuse_device(place, path)
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        _write_durably(temporary, chunks)
        temporary.replace(place)
        sync_folder(place.parent)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _refuse_device(place: Path, path: Path) -> None:
    """It would be gone for everybody, as /dev/null is where root replaces it."""
    if place.exists() and not (place.is_file() or place.is_dir()):
        raise OutputError(f"{path} is a pipe or device, which is not written over.", "Name a file.")


def write_error(path: Path, error: OSError) -> FatalError:
    """The error to raise where writing to `path` failed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(
            f"The disk that holds {path} is full.",
            "Free some space and run again: the answers that arrived are in the cache, and"
            " cost nothing the second time.",
        )
    reason = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
    return OutputError(
        f"{path} cannot be written: {reason}.",
        "Make it writable, or name another folder with OUTPUT_DIR (--output-dir).",
    )


def _write_durably(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(chunks)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, not only what is in the files."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
