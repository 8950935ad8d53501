"""One data set from all nights: what is new is read, what it changes is written."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from pettingllms.errors import OutputError
from pettingllms.export import Benchmark
from pettingllms.files.atomic import atomic_write, check_writable
from pettingllms.files.json import decoder, json_page
from pettingllms.files.locks import try_alone
from pettingllms.problems import FOR_COMPARISON, read_problems
from pettingllms.run.versions import versions
from pettingllms.tools.dataset.card import dataset_card
from pettingllms.tools.dataset.index import (
    FOLDER,
    SCHEMA_DIGEST,
    ContentGates,
    DatasetIndex,
    opened_index,
)
from pettingllms.tools.dataset.manifest import NAME as MANIFEST
from pettingllms.tools.dataset.manifest import (
    Day,
    Manifest,
    SourceRun,
    manifest_bytes,
    manifest_of,
    read_manifest,
)
from pettingllms.tools.dataset.selection import Cap, gates, select
from pettingllms.tools.dataset.shards import DATA, LINEAGE, NAME_OF_SHARD, DayWriter, Layout
from pettingllms.tools.dataset.sightings import sightings, source_of
from pettingllms.tools.places import FoundRuns, RunPlace, find_runs, opened

CARD = "README.md"
_MADE_FROM, _WRITTEN_AS = "made from", "written as"
_read_day = decoder(Day)


@dataclass(frozen=True, slots=True)
class Options:
    """`benchmarks`: problem files that no row may give away; `dedup`: from what share of their code
    on two rows are alike, 1 for equal ones only."""

    layout: Layout
    caps: tuple[Cap, ...] = ()
    benchmarks: tuple[str, ...] = ()
    dedup: float = 1.0


@dataclass(frozen=True, slots=True)
class Built:
    """`read` runs are new, `kept` ones were in before and are in none of the folders given;
    `days_written` of all days changed."""

    manifest: Manifest
    read: int
    kept: int
    days_written: int
    without_stats: tuple[str, ...]


def build(places: Sequence[str], folder: Path, options: Options) -> Built:
    """The data set of the runs in `places`, in `folder`, grown by what is new there.

    Raises: OutputError, DiskFullError; ProblemFileError where a benchmark cannot be read.
    """
    found = find_runs(places)
    _check_own(folder)
    check_writable(folder / FOLDER)
    with _alone(folder):
        found_out = ContentGates(_benchmark(options.benchmarks), options.dedup)
        made_from = _made_from(found_out)
        _forget_if_outdated(folder, found, made_from)
        with opened_index(folder, found_out) as index:
            read = _take_in(index, found, made_from)
            with index:
                select(index, options.caps)
                _mark_what_is_laid_out_otherwise(index, options.layout)
                _mark_what_is_gone(index, folder)
            written = _write_days(index, folder, options)
            with index:
                index.set_fact(_WRITTEN_AS, repr(options.layout))
            manifest = _manifest(index, options)
            kept = len(_gone(index, found))
        atomic_write(folder / CARD, [dataset_card(manifest).encode()])
        atomic_write(folder / MANIFEST, [manifest_bytes(manifest)])
        _remove_others(folder, manifest)
    return Built(manifest, read, kept, written, found.without_stats)


def _check_own(folder: Path) -> None:
    """Raises: OutputError where a data set would take the place of files that are none of its."""
    taken = [name for name in (CARD, MANIFEST, DATA, LINEAGE) if (folder / name).exists()]
    if not taken or (folder / FOLDER).exists():
        return
    try:
        read_manifest(folder)
    except OutputError as error:
        raise OutputError(
            f"{folder / taken[0]} is there already, and is of no data set of ours.",
            "Name a folder that the data set has to itself with --output.",
        ) from error


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    with try_alone(folder / FOLDER / "lock") as is_alone:
        if not is_alone:
            raise OutputError(
                f"Another build into {folder} is under way.", "Wait until it has ended."
            )
        yield


def _benchmark(named: Sequence[str]) -> Benchmark | None:
    return Benchmark.of(read_problems([*named], rules=FOR_COMPARISON)) if named else None


def _made_from(found_out: ContentGates) -> str:
    """Changes where what is in an index would be another today."""
    digest = hashlib.sha256(f"{SCHEMA_DIGEST} {found_out.dedup}".encode())
    if found_out.benchmark is not None:
        digest.update(found_out.benchmark.digest)
    return digest.hexdigest()


def _forget_if_outdated(folder: Path, found: FoundRuns, made_from: str) -> None:
    """Begin anew where what was read would be read otherwise today. Raises: OutputError where some
    of it is not there to be read."""
    if not (folder / FOLDER / "index.db").exists():
        return
    with opened_index(folder, ContentGates()) as index:
        changed = [run for run in found.runs if _has_changed(index, run)]
        if index.fact(_MADE_FROM) in (made_from, None) and not changed:
            return
        gone = _gone(index, found)
    if gone:
        why = (
            f"{changed[0].name} has changed"
            if changed
            else "other benchmarks, another --dedup, or another version"
        )
        raise OutputError(
            f"All runs would have to be read again ({why}), and {len(gone)} of those in {folder}"
            f" are in none of the folders named: {gone[0]}.",
            "Name their folders too; or name another folder with --output.",
        )
    for file in (folder / FOLDER).glob("index.db*"):
        file.unlink()


def _gone(index: DatasetIndex, found: FoundRuns) -> list[str]:
    """Where runs were that are now in none of the folders; one that was moved is not gone."""
    places = dict(index.places())
    left = places.keys() - {run.name for run in found.runs}
    moved = {places.get(run.name) or _digest_at(run) for run in found.runs} if left else ()
    return sorted(name for name in left if places[name] not in moved)


def _has_changed(index: DatasetIndex, run: RunPlace) -> bool:
    """Looks into its files only where they look different from outside."""
    before = index.source_at(run.name)
    if before is None or index.version_at(run.name) == run.version:
        return False
    return _digest_at(run) != before


def _digest_at(run: RunPlace) -> bytes:
    with opened(run) as files:
        return source_of(files).digest


def _take_in(index: DatasetIndex, found: FoundRuns, made_from: str) -> int:
    """Each run in a transaction of its own: a build that was killed goes on where it was."""
    read = 0
    for run in found.runs:
        if index.version_at(run.name) == run.version:
            continue
        with opened(run) as files, index:
            source = source_of(files)
            if not index.has(source):
                index.add(source, sightings(files))
                read += 1
            index.set_place(run.name, run.version, source)
            index.set_fact(_MADE_FROM, made_from)
    return read


def _mark_what_is_laid_out_otherwise(index: DatasetIndex, layout: Layout) -> None:
    if index.fact(_WRITTEN_AS) != repr(layout):
        index.mark_all_stale()
        index.set_fact(_WRITTEN_AS, "")


def _mark_what_is_gone(index: DatasetIndex, folder: Path) -> None:
    """Files that somebody has removed, or that a disk has lost, are written again."""
    written = ((day, _read_day(about.encode())) for day, about in index.days())
    gone = [day for day, told in written if not all(file.is_in(folder) for file in told.files)]
    for day in gone:
        index.mark_stale(day)


def _write_days(index: DatasetIndex, folder: Path, options: Options) -> int:
    stale = index.stale_days()
    for day in stale:
        written = DayWriter(folder, options.layout, day).write(index, gates(options.caps))
        with index:
            index.set_day(day, json_page(written))
    return len(stale)


def _manifest(index: DatasetIndex, options: Options) -> Manifest:
    layout = options.layout
    return manifest_of(
        (_read_day(about.encode()) for _, about in index.days()),
        (
            SourceRun(digest.hex(), rows, orjson.loads(about))
            for digest, about, rows in index.sources()
        ),
        index.problem_count(),
        {
            "format": layout.form,
            "validation": layout.validation,
            "shard_rows": layout.shard_rows,
            "per": [[cap.kind, cap.rows] for cap in options.caps],
            "dedup": options.dedup,
            "benchmarks": [Path(name).name for name in options.benchmarks],
        },
        versions().get("pettingllms-sft", ""),
    )


def _remove_others(folder: Path, manifest: Manifest) -> None:
    """What an earlier build has left there: files by the names that shards have, and no others."""
    ours = {folder / file.path for file in manifest.files}
    for under in (DATA, LINEAGE):
        for path in (folder / under).glob("*-??-??*"):
            if path not in ours and path.is_file() and NAME_OF_SHARD.fullmatch(path.name):
                path.unlink()
