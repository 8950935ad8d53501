"""The files of a data set: shards of rows by split and day, and beside them each row's lineage.

A day is written anew when something of it has changed, and otherwise left alone.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from pettingllms.export import SFTRow
from pettingllms.export.formats import FORMATS
from pettingllms.files.atomic import atomic_write, write_error
from pettingllms.files.json import json_line
from pettingllms.tools.dataset.index import DatasetIndex, Kept
from pettingllms.tools.dataset.manifest import DataFile, Day

DATA, LINEAGE = "data", "lineage"
NAME_OF_SHARD = re.compile(
    r"\.?(?:(?:train|validation)-\d{4}-\d\d-\d\d-\d{5,}\.\w+|\d{4}-\d\d-\d\d\.jsonl)(?:\.\d+\.tmp)?"
)
"""Of a file of rows, or of their lineage, and of one that a build was killed over."""
_PIECE_BYTES = 1024 * 1024
_NAMES = 2**64
_AFTER_ALL = b"\xff" * 9


@dataclass(frozen=True, slots=True)
class Layout:
    """`form` is a format of rows; `validation` the share of problems in that split; a shard has
    `shard_rows` at most."""

    form: str
    validation: float
    shard_rows: int

    @property
    def splits(self) -> Iterator[tuple[str, tuple[bytes, bytes]]]:
        """Each with its part of all families, from one end to before the other."""
        border = round(self.validation * _NAMES)
        edge = border.to_bytes(8, "big") if border < _NAMES else _AFTER_ALL
        yield "train", (edge, _AFTER_ALL)
        yield "validation", (b"", edge)


@dataclass
class _Tally:
    models: Counter[str] = field(default_factory=Counter[str])
    languages: Counter[str] = field(default_factory=Counter[str])
    verdicts: Counter[str] = field(default_factory=Counter[str])
    judges: Counter[str] = field(default_factory=Counter[str])


class DayWriter:
    """Writes the files of one day. Raises: OutputError, DiskFullError."""

    def __init__(self, folder: Path, layout: Layout, day: str) -> None:
        self._folder = folder
        self._layout = layout
        self._day = day
        self._tally = _Tally()

    def write(self, index: DatasetIndex, passed: int) -> Day:
        """Of the rows in the index that have `passed` all gates."""
        try:
            files = self._write_files(index, passed)
        except OSError as error:
            raise write_error(self._folder, error) from error
        tally = self._tally
        return Day(
            tuple(files), index.states(self._day),
            tally.models, tally.languages, tally.verdicts, tally.judges,
        )  # fmt: skip

    def _write_files(self, index: DatasetIndex, passed: int) -> list[DataFile]:
        with TemporaryFile(dir=self._folder) as lineage:
            files = [
                file
                for split, part in self._layout.splits
                for file in self._write_split(index, passed, split, part, lineage)
            ]
            if files:
                lineage.seek(0)
                lines = iter(lambda: lineage.read(_PIECE_BYTES), b"")
                files.append(self._file(f"{LINEAGE}/{self._day}.jsonl", "", 0, lines))
            return files

    def _write_split(
        self,
        index: DatasetIndex,
        passed: int,
        split: str,
        part: tuple[bytes, bytes],
        lineage: IO[bytes],
    ) -> Iterator[DataFile]:
        form = FORMATS[self._layout.form]
        left = index.count(self._day, passed, part)
        rows = index.rows(self._day, passed, part)
        number = 0
        while left > 0:
            path = f"{DATA}/{split}-{self._day}-{number:05}{form.suffix}"
            size = min(left, self._layout.shard_rows)
            told = self._told(islice(rows, size), path, lineage)
            yield self._file(path, split, size, form.encode(told))
            left, number = left - size, number + 1

    def _told(self, rows: Iterable[Kept], path: str, lineage: IO[bytes]) -> Iterator[SFTRow]:
        for number, kept in enumerate(rows, start=1):
            lineage.write(json_line(_lineage(kept, path, number)))
            metadata = kept.row.metadata
            self._tally.models[metadata.model] += 1
            self._tally.languages[kept.language] += 1
            self._tally.verdicts[metadata.verdict] += 1
            self._tally.judges[metadata.judged_by or "nobody"] += 1
            yield kept.row

    def _file(self, path: str, split: str, rows: int, pieces: Iterable[bytes]) -> DataFile:
        place = self._folder / path
        place.parent.mkdir(exist_ok=True)
        digest = hashlib.sha256()
        atomic_write(place, _watched(pieces, digest.update))
        return DataFile(path, split, rows, place.stat().st_size, digest.hexdigest())


def _watched(pieces: Iterable[bytes], watch: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        watch(piece)
        yield piece


def _lineage(kept: Kept, path: str, number: int) -> dict[str, object]:
    """Where a row is, and whence: `run` begins the digest of the one that it was collected in,
    `paid_by` is the id of the one that bought the answer."""
    metadata = kept.row.metadata
    return {
        "answer": kept.name.hex(),
        "content": kept.content.hex(),
        "file": path,
        "row": number,
        "problem_id": metadata.problem_id,
        "sample": metadata.sample,
        "turn": metadata.turn,
        "request_key": metadata.request_key,
        "run": kept.source.hex(),
        "paid_by": metadata.run_id,
    }
