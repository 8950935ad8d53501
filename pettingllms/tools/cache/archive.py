"""Paid answers in a file of lines, to move them or to keep them elsewhere.

One answer a line, with its key, what was asked, and a checksum; the last line says how many there
are and sums up the others. Gzip where the name ends in .gz. The checksums find damage, not
malice: whoever writes a file can write its sums, so import from those whose answers you would
train on.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from pettingllms.cache.responses import KeptAnswer, ResponseCache, read_entry, request_key
from pettingllms.errors import CacheError, OutputError
from pettingllms.files import json
from pettingllms.files.atomic import atomic_write

_BATCH = 500
_GZIP_LEVEL, _GZIP = 6, 31
_SUM, _END = "sha256", "answers"
_SUM_FIELD = b',"sha256":'


@dataclass(frozen=True, slots=True)
class Imported:
    """How many answers were new, and how many the cache had."""

    added: int
    known: int


def export_answers(answers: Iterable[KeptAnswer], path: Path) -> int:
    """Write `answers` to `path`, whole or not at all; returns how many they are.

    Raises: OutputError, DiskFullError.
    """
    lines = _Lines()
    chunks = lines.of(answers)
    atomic_write(path, _zipped(chunks) if path.suffix == ".gz" else chunks)
    return lines.answers


class _Lines:
    """The lines of an archive, counted while they are taken."""

    def __init__(self) -> None:
        self.answers = 0

    def of(self, answers: Iterable[KeptAnswer]) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for answer in answers:
            line = _line(answer)
            digest.update(line)
            self.answers += 1
            yield line
        yield json.dumps({_END: self.answers, _SUM: digest.hexdigest()}) + b"\n"


def _line(answer: KeptAnswer) -> bytes:
    entry = {"key": answer.key, "request": answer.request, "completion": answer.completion}
    content = json.dumps(entry)
    total = hashlib.sha256(content).hexdigest().encode()
    return content.removesuffix(b"}") + _SUM_FIELD + b'"%b"}\n' % total


def _zipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes for the same chunks: no name, no time."""
    zipper = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP)
    for chunk in chunks:
        yield zipper.compress(chunk)
    yield zipper.flush()


async def import_answers(path: Path, cache: ResponseCache) -> Imported:
    """Keep the answers in `path` that `cache` lacks. The whole file is checked first: of one that
    is damaged, or not ours, nothing is kept.

    Raises: CacheError, with file and line; OutputError where it cannot be read; CacheError,
    DiskFullError.
    """
    deque(read_answers(path), maxlen=0)
    answers, added, known = read_answers(path), 0, 0
    while batch := tuple(islice(answers, _BATCH)):
        new = [answer for answer in batch if cache.get(answer.key) is None]
        await asyncio.gather(*(cache.put(a.key, a.request, a.completion) for a in new))
        added, known = added + len(new), known + len(batch) - len(new)
    return Imported(added, known)


def read_answers(path: Path) -> Iterator[KeptAnswer]:
    """Raises: CacheError, with file and line; OutputError."""
    digest, number = hashlib.sha256(), 0
    for number, line in enumerate(_lines(path), start=1):
        fields = _fields(line, f"{path}:{number}")
        if _END in fields:
            if fields != {_END: number - 1, _SUM: digest.hexdigest()}:
                raise _damaged(f"{path}:{number}", "its lines are not those that were exported")
            return
        digest.update(line)
        yield _answer(fields, line, f"{path}:{number}")
    raise _damaged(f"{path}:{number}", "the end of the file is missing")


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(str(path), str(error)) from error
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror or error}.") from error


def _fields(line: bytes, place: str) -> dict[str, Any]:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _damaged(place, f"no JSON ({error})") from error
    if not isinstance(fields, dict) or _SUM not in fields:
        raise _damaged(place, "no answer that this program exported")
    return fields  # pyright: ignore[reportUnknownVariableType] - checked by whoever takes a field


def _answer(fields: dict[str, Any], line: bytes, place: str) -> KeptAnswer:
    try:
        entry = read_entry(line)
        answer = KeptAnswer(fields["key"], entry.request, entry.completion)
    except (KeyError, ValueError) as error:
        raise _damaged(place, "no answer that this program exported") from error
    content, _, _ = line.rpartition(_SUM_FIELD)
    if fields[_SUM] != hashlib.sha256(content + b"}").hexdigest():
        raise _damaged(place, "its checksum does not fit")
    if request_key(answer.request) != answer.key:
        raise _damaged(place, "its key is not that of its request; another version made it")
    return answer


def _damaged(place: str, why: str) -> CacheError:
    return CacheError(
        f"{place}: {why}.", "Nothing of this file was kept. Export it again, and copy it whole."
    )
