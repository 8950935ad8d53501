"""The bytes of a file, unpacked as its name says, and in pieces of bounded size.

A compressed file can hold a thousand times its size, and any file one endless line. So nothing is
read whole that is not bounded: a record, or a JSON document.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

from pettingllms.errors import ProblemFileError
from pettingllms.problems.record import SourceFile

LONGEST_RECORD = 256_000_000
"""Bytes of one line or cell; the largest published records have some 100 MB."""
LONGEST_DOCUMENT = 1_000_000_000
_CHUNK = 16_000_000
_UNSUSPICIOUS = 100_000_000
_MOST_TIMES = 200
"""Text is seldom packed to less than a twentieth of its size, and a bomb to a thousandth."""


def _zstd(path: Path) -> IO[bytes]:
    arrow: Any = import_module("pyarrow")  # which carries the codec; half a second, for zstd alone
    stream = arrow.CompressedInputStream(arrow.OSFile(str(path)), "zstd")
    return cast("IO[bytes]", io.BufferedReader(stream))


_OPENERS: Mapping[str, Callable[[Path], IO[bytes]]] = {
    ".gz": lambda path: cast("IO[bytes]", gzip.open(path)),  # noqa: SIM115 - closed by its reader
    ".zst": _zstd,
    ".zstd": _zstd,
    ".bz2": lambda path: cast("IO[bytes]", bz2.open(path)),  # noqa: SIM115 - the same
    ".xz": lambda path: cast("IO[bytes]", lzma.open(path)),  # noqa: SIM115 - the same
}
PACKED = frozenset(_OPENERS)


def without_packing(name: str) -> str:
    """`problems.jsonl` of `problems.jsonl.gz`."""
    suffix = Path(name).suffix.lower()
    return name[: -len(suffix)] if suffix in _OPENERS else name


def open_bytes(file: SourceFile) -> IO[bytes]:
    """The file's bytes, unpacked."""
    if file.member is not None:
        return zipfile.ZipFile(file.path).open(file.member)
    opener = _OPENERS.get(Path(file.name).suffix.lower())
    return file.path.open("rb") if opener is None else opener(file.path)


def lines_of(stream: IO[bytes], file: SourceFile) -> Iterator[bytes]:
    """Each with its end. Raises: ProblemFileError for one that is too long."""
    number = 0
    while line := stream.readline(LONGEST_RECORD + 1):
        number += 1
        if len(line) > LONGEST_RECORD:
            raise too_long(f"{file}:{number}")
        yield line


def too_long(origin: str) -> ProblemFileError:
    return ProblemFileError(
        f"{origin}: is longer than {LONGEST_RECORD // 1_000_000} MB, too long for one record",
        "Write one record a line. Is this no text, or compressed under another name?",
    )


def read_document(file: SourceFile) -> bytes:
    """All of it. Raises: ProblemFileError where that is too much."""
    parts: list[bytes] = []
    size = 0
    packed = file.path.stat().st_size
    with open_bytes(file) as stream:
        while part := stream.read(_CHUNK):
            parts.append(part)
            size += len(part)
            is_bomb = size > _UNSUSPICIOUS and size > _MOST_TIMES * packed
            if is_bomb or size > LONGEST_DOCUMENT:
                raise ProblemFileError(
                    f"{file}: holds more than {size // 1_000_000:,} MB in one JSON document"
                    f" ({packed // 1_000_000:,} MB on the disk), too much to be read whole",
                    "Write one record a line, and name the file .jsonl: that is read as a stream.",
                )
    return b"".join(parts)


def members_of(path: Path) -> list[str]:
    """The files in a zip archive, sorted. Raises: ProblemFileError."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise ProblemFileError(f"{path}: is not a zip archive: {error}", "Pack it anew.") from error
    locked = next((info for info in files if info.flag_bits & 1), None)
    if locked is not None:
        raise ProblemFileError(
            f"{path}: {locked.filename} in it is encrypted", "Unpack it, and name the files."
        )
    return sorted(info.filename for info in files if not info.filename.startswith("__MACOSX/"))
