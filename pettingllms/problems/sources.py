"""From what the user named (files, folders, globs, here or by URL, hub data sets) to rows.

A folder is not searched deeper than its own files; a glob with `**` is.
"""

from __future__ import annotations

import glob
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pettingllms.errors import ProblemFileError
from pettingllms.files.remote import is_url
from pettingllms.problems.hub import PREFIX as HUB_PREFIX
from pettingllms.problems.hub import read_hub
from pettingllms.problems.json_files import read_json, read_jsonl
from pettingllms.problems.record import Row, SourceFile
from pettingllms.problems.remote import copy_of, find_remote
from pettingllms.problems.tables import read_csv, read_parquet

READERS: Mapping[str, Callable[[SourceFile], Iterator[Row]]] = {
    ".jsonl": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".json": read_json,
    ".json.gz": read_json,
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".parquet": read_parquet,
}
_KNOWN = "Files of these types are read: " + ", ".join(READERS) + "."


@dataclass(frozen=True, slots=True)
class Source:
    """A file or data set that can be read from its start, again and again."""

    name: str
    rows: Callable[[], Iterator[Row]]


def find_sources(names: Sequence[str]) -> list[Source]:
    """Each file once, in the order named, those of a folder or glob sorted.

    Raises ProblemFileError for a name that stands for no file of a known type.
    """
    if not names:
        raise ProblemFileError("No problems were named.", "Name a file, a folder or hf:owner/name.")
    found = [source for name in names for source in _find(name)]
    return list({source.name: source for source in found}.values())


def read_rows(sources: Sequence[Source]) -> Iterator[Row]:
    """All rows in order. Raises ProblemFileError for a source that is unreadable or empty."""
    for source in sources:
        is_empty = True
        for row in _readable(source):
            is_empty = False
            yield row
        if is_empty:
            raise ProblemFileError(
                f"{source.name}: holds no records", "Put problems in it, or do not name it."
            )


def _readable(source: Source) -> Iterator[Row]:
    try:
        yield from source.rows()
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise ProblemFileError(
            f"{source.name}: cannot be read: {error}", "Check its permissions and that it is whole."
        ) from error


def _find(name: str) -> list[Source]:
    if is_url(name):
        return _remote(name)
    if name.startswith(HUB_PREFIX):
        return [Source(name, partial(read_hub, name))]
    path = Path(name).expanduser()
    if path.is_dir():
        return _files(name, sorted(path.iterdir()))
    if path.exists():
        return [_local(path)]
    if any(sign in name for sign in "*?["):
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        return _files(name, sorted(map(Path, matches)))
    raise ProblemFileError(f"{name}: no such file", f"Paths start from {Path.cwd()}.")


def _files(name: str, paths: Sequence[Path]) -> list[Source]:
    files = [path for path in paths if path.is_file() and _suffix(path.name)]
    if not files:
        raise _no_files(name)
    return [_local(path) for path in files]


def _local(path: Path) -> Source:
    read = _reader(str(path))
    return Source(str(path), lambda: read(SourceFile(str(path), path)))


def _remote(name: str) -> list[Source]:
    """A file that is named is read whatever its type; of a folder or a glob, those that can be."""
    found = find_remote(name)
    urls = found if found == [name] else [url for url in found if _suffix(url)]
    if not urls:
        raise _no_files(name)
    return [_of_url(url) for url in urls]


def _of_url(url: str) -> Source:
    read = _reader(url)
    return Source(url, lambda: read(SourceFile(url, copy_of(url))))


def _no_files(name: str) -> ProblemFileError:
    return ProblemFileError(f"{name}: no problem files there", _KNOWN)


def _reader(name: str) -> Callable[[SourceFile], Iterator[Row]]:
    suffix = _suffix(name)
    if suffix is None:
        raise ProblemFileError(f"{name}: cannot tell its type from its name", _KNOWN)
    return READERS[suffix]


def _suffix(name: str) -> str | None:
    return next((suffix for suffix in READERS if name.lower().endswith(suffix)), None)
