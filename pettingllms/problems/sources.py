"""From what the user named (files, folders, globs, here or by URL, hub data sets) to rows.

A folder is not searched deeper than its own files; a glob with `**` is.
"""

from __future__ import annotations

import glob
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile

from pettingllms.errors import ProblemFileError, one_line, reason
from pettingllms.files.missing import why_missing
from pettingllms.files.remote import is_url
from pettingllms.problems.arrow_files import read_arrow, read_parquet, saved_files
from pettingllms.problems.csv_files import read_csv
from pettingllms.problems.databases import SUFFIXES as SQLITE_SUFFIXES
from pettingllms.problems.databases import read_sqlite
from pettingllms.problems.hub import PREFIX as HUB_PREFIX
from pettingllms.problems.hub import read_hub
from pettingllms.problems.json_files import read_json, read_jsonl
from pettingllms.problems.packages import find_packages, read_package
from pettingllms.problems.packing import PACKED, members_of, without_packing
from pettingllms.problems.record import Row, SourceFile
from pettingllms.problems.remote import copy_of, find_remote

READERS: Mapping[str, Callable[[SourceFile], Iterator[Row]]] = {
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".jsonlines": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".parquet": read_parquet,
    ".arrow": read_arrow,
    ".feather": read_arrow,
    **dict.fromkeys(SQLITE_SUFFIXES, read_sqlite),
}
_STREAMED = frozenset({".jsonl", ".ndjson", ".jsonlines", ".json", ".csv", ".tsv"})
"""Those that may be packed."""
_ZIP = ".zip"
_KNOWN = (
    f"Files of these types are read: {', '.join(READERS)}; those of text also packed as"
    f" {', '.join(sorted(PACKED))}, or in a .zip."
)
_WAYS_IN = {
    ".tar": "Unpack it (tar xf), and name the files that are in it.",
    ".tgz": "Unpack it (tar xf), and name the files that are in it.",
    ".xlsx": "Save it as CSV in UTF-8.",
    ".xls": "Save it as CSV in UTF-8.",
    ".duckdb": "Write the table out: COPY problems TO 'problems.parquet'.",
    ".pkl": "A pickle may run code, and is not read: write its records as JSONL.",
}
"""For files that are often met, and are no problem files."""
_LOOKED_FOR = 2_000
"""Files below a folder that is empty itself, until some are found that can be read."""


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
    except (OSError, EOFError, zlib.error, lzma.LZMAError, BadZipFile, UnicodeError) as error:
        raise ProblemFileError(
            f"{source.name}: cannot be read: {reason(error)}",
            "Check its permissions and that it is whole.",
        ) from error


def _find(name: str) -> list[Source]:
    if is_url(name):
        return _remote(name)
    if name.startswith(HUB_PREFIX):
        return [Source(name, partial(read_hub, name))]
    path = Path(name).expanduser()
    if path.is_dir():
        return _folder(path)
    if path.exists():
        return _file(path)
    if any(sign in name for sign in "*?["):
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        return _files(name, sorted(map(Path, matches)))
    database, _, table = str(path).rpartition(":")
    if database.lower().endswith(SQLITE_SUFFIXES) and Path(database).is_file():
        file = SourceFile(str(path), Path(database), table)
        return [Source(file.name, lambda: read_sqlite(file))]
    why = why_missing(path, "no such file")
    raise ProblemFileError(f"{name}: {why}", f"Paths start from {Path.cwd()}.")


def _folder(path: Path) -> list[Source]:
    """Files of its own; or one problem package, or a data set that was saved in it."""
    packages = find_packages(path)
    if packages:
        return [Source(str(each), partial(read_package, each)) for each in packages]
    saved = saved_files(path)
    return _files(str(path), sorted(path.iterdir()) if saved is None else saved)


def _files(name: str, paths: Sequence[Path]) -> list[Source]:
    files = [path for path in paths if _has_type(path.name) and path.is_file()]
    if not files:
        raise _no_files(name)
    return [source for path in files for source in _file(path)]


def _file(path: Path) -> list[Source]:
    """One, or those in an archive."""
    if not path.is_file():
        raise ProblemFileError(
            f"{path}: is a pipe or device, which can be read only once",
            "A run reads its problems several times: save them to a file, and name that.",
        )
    if path.suffix.lower() == _ZIP:
        return _archive(path)
    read, name = _reader(str(path)), one_line(str(path))
    return [Source(name, lambda: read(SourceFile(name, path)))]


def _archive(path: Path) -> list[Source]:
    members = [name for name in members_of(path) if Path(name).suffix.lower() in _STREAMED]
    if not members:
        raise ProblemFileError(f"{path}: holds no problem files that can be read", _KNOWN)
    files = [SourceFile(one_line(f"{path}/{member}"), path, member) for member in members]
    return [Source(file.name, partial(_reader(file.name), file)) for file in files]


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
    """With those in folders below, which are not searched: a data set's splits lie there."""
    below = _found_below(Path(name)) if Path(name).is_dir() else None
    if below is None:
        return ProblemFileError(f"{name}: no problem files there", _KNOWN)
    return ProblemFileError(
        f"{name}: no problem files there, but in folders below, which are not searched",
        f"Name them: {below.parent}/*{below.suffix}",
    )


def _found_below(folder: Path) -> Path | None:
    paths = islice(folder.rglob("*"), _LOOKED_FOR)
    found = (path for path in paths if _has_type(path.name) and path.is_file())
    return min(found, default=None)


def _reader(name: str) -> Callable[[SourceFile], Iterator[Row]]:
    suffix = _suffix(name)
    if suffix is None:
        way_in = _WAYS_IN.get(Path(without_packing(name)).suffix.lower())
        what = "cannot tell its type from its name" if way_in is None else "is no problem file"
        raise ProblemFileError(f"{name}: {what}", way_in or _KNOWN)
    return READERS[suffix]


def _has_type(name: str) -> bool:
    return _suffix(name) is not None or name.lower().endswith(_ZIP)


def _suffix(name: str) -> str | None:
    """The type, of a packed file too."""
    plain = without_packing(name)
    suffix = Path(plain).suffix.lower()
    if plain != name:
        return suffix if suffix in _STREAMED else None
    return suffix if suffix in READERS else None
