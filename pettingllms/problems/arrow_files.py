"""Rows of Parquet and Arrow files, and of folders that `datasets` saved."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from pettingllms.errors import ProblemFileError
from pettingllms.files.json import loads
from pettingllms.problems.record import Row, SourceFile
from pettingllms.problems.tables import table_record

_BATCH_ROWS = 128
_FILE_MAGIC = b"ARROW1"


def read_parquet(file: SourceFile) -> Iterator[Row]:
    parquet: Any = import_module("pyarrow.parquet")  # half a second, paid only for such files
    with _in_words(file, "Parquet"), parquet.ParquetFile(file.path) as table:
        yield from _rows(file, table.iter_batches(batch_size=_BATCH_ROWS))


def read_arrow(file: SourceFile) -> Iterator[Row]:
    """Of a file, or of a stream, as `datasets` keeps it."""
    arrow: Any = import_module("pyarrow")
    with _in_words(file, "Arrow"), arrow.memory_map(str(file.path)) as source:
        with file.path.open("rb") as start:
            is_file = start.read(len(_FILE_MAGIC)) == _FILE_MAGIC
        yield from _rows(file, _slices(_batches(source, is_file=is_file)))


def _batches(source: Any, *, is_file: bool) -> Iterator[Any]:
    ipc: Any = import_module("pyarrow.ipc")
    if not is_file:
        yield from ipc.open_stream(source)
        return
    reader = ipc.open_file(source)
    for index in range(reader.num_record_batches):
        yield reader.get_batch(index)


def _slices(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH_ROWS):
            yield batch.slice(start, _BATCH_ROWS)


def _rows(file: SourceFile, batches: Iterator[Any]) -> Iterator[Row]:
    numbers = count(1)
    for batch in batches:
        for record in batch.to_pylist(maps_as_pydicts="lossy"):
            yield Row(f"{file}:row {next(numbers)}", partial(table_record, record))


@contextmanager
def _in_words(file: SourceFile, kind: str) -> Generator[None]:
    """Raises: ProblemFileError for what pyarrow has to say."""
    arrow: Any = import_module("pyarrow")
    try:
        yield
    except arrow.ArrowException as error:
        raise ProblemFileError(f"{file}: is not {kind}: {error}", "Write the file anew.") from error


def saved_files(folder: Path) -> list[Path] | None:
    """The Arrow files of a folder that `Dataset.save_to_disk` wrote; None where it did not.

    Raises: ProblemFileError where it holds several splits, or is damaged.
    """
    splits = folder / "dataset_dict.json"
    if splits.is_file():
        names = _listed(splits, "splits")
        if len(names) != 1:
            raise ProblemFileError(
                f"{folder}: holds the splits {', '.join(names) or '(none)'}",
                f"Name one: {folder / names[0]}" if names else "Save the data set anew.",
            )
        return saved_files(folder / names[0])
    state = folder / "state.json"
    if not (state.is_file() and (folder / "dataset_info.json").is_file()):
        return None
    return [folder / name for name in _listed(state, "_data_files")]


def _listed(file: Path, field: str) -> list[str]:
    """The names in a list of `datasets`, which are of that folder."""
    try:
        found: list[Any] = loads(file.read_bytes())[field]
        names = (each if isinstance(each, str) else each["filename"] for each in found)
        return [Path(name).name for name in names]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProblemFileError(
            f"{file}: is not what datasets writes", "Save the data set anew."
        ) from error
