"""Where runs are: in output folders here and at URLs, and in the folders below them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from pettingllms.errors import OutputError
from pettingllms.export import RunFiles
from pettingllms.files import remote
from pettingllms.files.missing import why_missing

_RUN_FILE = re.compile(
    r"(?:(?P<folder>.*)/)?(?:attempts/(?P<kind>attempts|dropped)|sft_data)_(?P<stamp>\d{8}_\d{6})"
    r"(?P<rest>_stats\.json|_report\.html|\.jsonl|\.parquet)"
)
_STATS, _REPORT = "_stats.json", "_report.html"


@dataclass(frozen=True, slots=True)
class RunPlace:
    """A run, by the places of its files, and the `folder` that they are in or below; `version` is
    another one when one of them, but for its report, has changed since."""

    folder: str
    stamp: str
    files: tuple[str, ...]
    version: str

    @property
    def name(self) -> str:
        return f"{self.folder}/sft_data_{self.stamp}"


@dataclass(frozen=True, slots=True)
class FoundRuns:
    """`without_stats` were killed, or are not at their end."""

    runs: tuple[RunPlace, ...]
    without_stats: tuple[str, ...]


def find_runs(places: Iterable[str], *, is_deep: bool = True) -> FoundRuns:
    """The runs in these folders and, where it `is_deep`, in those below them; of a file, its own.

    Raises: OutputError where there is nothing.
    """
    whole: dict[str, RunPlace] = {}
    broken: list[str] = []
    for place in places:
        runs = _runs_at(place, is_deep=is_deep)
        if not runs:
            raise OutputError(
                f"There is no run in {place}.", "Name the OUTPUT_DIR of collections, or its URL."
            )
        for run in runs:
            if any(file.endswith(_STATS) for file in run.files):
                whole[run.name] = run
            else:
                broken.append(run.name)
    return FoundRuns(tuple(whole.values()), tuple(dict.fromkeys(broken)))


@contextmanager
def opened(run: RunPlace, *, only_stats: bool = False) -> Generator[RunFiles]:
    """The run's files, or `only_stats`, on this machine, for as long as the block lasts. Raises:
    OutputError."""
    if not remote.is_url(run.folder):
        yield _files(run, Path(run.folder))
        return
    with TemporaryDirectory(prefix="pettingllms-sft-") as copy:
        try:
            for url in run.files:
                if url.endswith(_REPORT) or (only_stats and not url.endswith(_STATS)):
                    continue
                here = Path(copy, url.removeprefix(run.folder).lstrip("/"))
                here.parent.mkdir(exist_ok=True)
                remote.download(url, here)
        except remote.RemoteFileError as error:
            raise OutputError(error.message, error.remedy) from error
        yield _files(run, Path(copy))


def _files(run: RunPlace, folder: Path) -> RunFiles:
    is_parquet = any(file.endswith(".parquet") for file in run.files)
    return RunFiles(folder, run.stamp, ".parquet" if is_parquet else ".jsonl")


def _runs_at(place: str, *, is_deep: bool) -> list[RunPlace]:
    """Sorted. Raises: OutputError."""
    of_run: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name, version in _listed(place, "**/" if is_deep else "").items():
        if found := _RUN_FILE.fullmatch(name):
            of_run[found["folder"] or ".", found["stamp"]][name] = version
    return [_run(*key, of_run[key]) for key in sorted(of_run)]


def _run(folder: str, stamp: str, files: Mapping[str, str]) -> RunPlace:
    names = tuple(sorted(files))
    told = (files[name] for name in names if not name.endswith(_REPORT))
    return RunPlace(folder, stamp, names, " ".join(told))


def _listed(place: str, below: str) -> Mapping[str, str]:
    """The files at a place, and in folders `below`, that may be of runs, each with its version.
    Raises: OutputError."""
    if remote.is_url(place):
        return _listed_there(place.rstrip("/"), below)
    path = Path(place)
    if path.is_file():
        if not (found := _RUN_FILE.fullmatch(path.absolute().as_posix())):
            raise OutputError(f"{path} is no file of a run.", "Name an output folder.")
        return dict(_looked_at(Path(found["folder"]), _globs("", found["stamp"])))
    if not path.is_dir():
        raise OutputError(f"{path} {why_missing(path)}.", "Name the OUTPUT_DIR of collections.")
    return dict(_looked_at(path.absolute(), _globs(below)))


def _globs(below: str, stamp: str = "") -> tuple[str, ...]:
    return f"{below}sft_data_{stamp}*", f"{below}attempts/*_{stamp}*.jsonl"


def _looked_at(folder: Path, globs: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in chain.from_iterable(map(folder.glob, globs)):
        if _RUN_FILE.fullmatch(path.as_posix()):
            state = path.stat()
            yield path.as_posix(), f"{state.st_size}:{state.st_mtime_ns}"


def _listed_there(url: str, below: str) -> Mapping[str, str]:
    if found := _RUN_FILE.fullmatch(url):
        folder, globs = found["folder"], _globs("", found["stamp"])
    else:
        folder, globs = url, _globs(below)
    listed: dict[str, str] = {}
    try:
        for pattern in globs:
            listed |= {
                name: ":".join(version)
                for name, version in remote.versions(remote.join(folder, pattern)).items()
            }
    except remote.RemoteFileError as error:
        raise OutputError(error.message, error.remedy) from error
    return listed
