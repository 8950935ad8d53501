"""Rows of CSV and Parquet files, and how a table's cell becomes a record's field."""

from __future__ import annotations

import csv
import io
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from itertools import count
from typing import Any, cast

from pettingllms.errors import ProblemFileError
from pettingllms.problems.json_files import open_bytes
from pettingllms.problems.record import Row, SourceFile, UnusableRecordError

_BATCH_ROWS = 128


def read_csv(file: SourceFile) -> Iterator[Row]:
    """One row per record; the line is the one the record starts on."""
    csv.field_size_limit(sys.maxsize)
    with (
        open_bytes(file) as stream,
        io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as text,
    ):
        reader = csv.reader(text, strict=True)
        try:
            header = next(reader, list[str]())
            _check_header(file, header)
            line = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield Row(f"{file}:{line}", partial(_csv_record, header, cells))
                line = reader.line_num + 1
        except csv.Error as error:
            raise ProblemFileError(
                f"{file}:{reader.line_num}: is not CSV: {error}",
                "Quote cells that hold quotes, commas or line breaks, doubling quotes inside.",
            ) from error


def _check_header(file: SourceFile, header: Sequence[str]) -> None:
    """Raises: ProblemFileError where the file is in another encoding, such as a spreadsheet's."""
    names = "".join(header)
    if re.search("[\0\ud800-\udfff]", names):
        raise ProblemFileError(f"{file}:1: is not UTF-8", "Save it as CSV in UTF-8.")


def _csv_record(header: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    if len(cells) != len(header):
        raise UnusableRecordError(f"has {len(cells)} cells, but the header has {len(header)}")
    try:
        "".join(cells).encode()
    except UnicodeEncodeError as error:
        raise UnusableRecordError("is not UTF-8") from error
    return table_record(dict(zip(header, (cell or None for cell in cells), strict=True)))


def read_parquet(file: SourceFile) -> Iterator[Row]:
    arrow: Any = import_module("pyarrow")  # half a second, paid only for Parquet
    parquet: Any = import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(file.path) as table:
            numbers = count(1)
            for batch in table.iter_batches(batch_size=_BATCH_ROWS):
                for record in batch.to_pylist(maps_as_pydicts="lossy"):
                    yield Row(f"{file}:row {next(numbers)}", partial(table_record, record))
    except arrow.ArrowException as error:
        raise ProblemFileError(
            f"{file}: is not Parquet: {error}", "Write the file anew."
        ) from error


def table_record(cells: Mapping[str, Any]) -> dict[str, object]:
    """The record of one table row, in plain JSON values."""
    return {name: plain_value(cell) for name, cell in cells.items()}


def plain_value(value: object) -> object:
    """`value` as JSON knows it: NaN is nothing, and dates, decimals and the like are text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            items = cast("dict[str, object]", value).items()
            return {name: plain_value(inner) for name, inner in items}
        case list() | tuple():
            return [plain_value(inner) for inner in cast("Sequence[object]", value)]
        case _:
            return str(value)
