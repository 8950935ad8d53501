"""`manifest.json`: what a data set holds, of which runs it was made and how, without a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pettingllms.errors import OutputError, reason
from pettingllms.files.json import decoder, json_page

NAME = "manifest.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class DataFile:
    """`path` is from the data set's folder; `split` is empty of a file of lineage."""

    path: str
    split: str
    rows: int
    bytes: int
    sha256: str

    def is_in(self, folder: Path) -> bool:
        """Whether a file of this name and size is there."""
        path = folder / self.path
        return path.is_file() and path.stat().st_size == self.bytes


@dataclass(frozen=True, slots=True)
class Day:
    """What was written of the runs of one day. Counters go to rows."""

    files: tuple[DataFile, ...] = ()
    states: Mapping[str, int] = field(default_factory=dict[str, int])
    models: Mapping[str, int] = field(default_factory=dict[str, int])
    languages: Mapping[str, int] = field(default_factory=dict[str, int])
    verdicts: Mapping[str, int] = field(default_factory=dict[str, int])
    judges: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class SourceRun:
    """A run that rows come from; `digest` is the sha256 of its files, and rows name its first 16
    digits. `exported` are its own rows, before any was left out here."""

    digest: str
    exported: int
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """`left_out` counts, by reason, the answers that a run exported and this data set does not."""

    version: int
    made_by: str
    options: Mapping[str, Any]
    rows: Mapping[str, int]
    problems: int
    left_out: Mapping[str, int]
    models: Mapping[str, int]
    languages: Mapping[str, int]
    verdicts: Mapping[str, int]
    judges: Mapping[str, int]
    runs: tuple[SourceRun, ...]
    files: tuple[DataFile, ...]


def manifest_of(
    days: Iterable[Day],
    runs: Iterable[SourceRun],
    problems: int,
    options: Mapping[str, Any],
    made_by: str,
) -> Manifest:
    """The sum of its days."""
    told = [*days]
    files = tuple(file for day in told for file in day.files)
    states = _sum(day.states for day in told)
    return Manifest(
        version=VERSION,
        made_by=made_by,
        options=options,
        rows=_sum({file.split: file.rows} for file in files if file.split),
        problems=problems,
        left_out={state: count for state, count in states.items() if state != "kept"},
        models=_sum(day.models for day in told),
        languages=_sum(day.languages for day in told),
        verdicts=_sum(day.verdicts for day in told),
        judges=_sum(day.judges for day in told),
        runs=tuple(runs),
        files=files,
    )


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def manifest_bytes(manifest: Manifest) -> bytes:
    return json_page(manifest)


_read = decoder(Manifest)


def read_manifest(folder: Path) -> Manifest:
    """Raises: OutputError."""
    path = folder / NAME
    try:
        return _read(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{folder} holds no data set: {reason(error)}.",
            "Name a folder that `sft-collect dataset build` has written.",
        ) from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises: OutputError where one has been removed or cut off."""
    for file in manifest.files:
        if not file.is_in(folder):
            raise OutputError(
                f"{folder / file.path} is not there as it was written.", "Build the data set again."
            )
