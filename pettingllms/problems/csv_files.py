"""Rows of CSV files, as Python, pandas and Excel write them: four delimiters, UTF-8 or UTF-16."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, Any

from pettingllms.errors import ProblemFileError
from pettingllms.problems.packing import LONGEST_RECORD, open_bytes, too_long
from pettingllms.problems.record import Row, SourceFile, UnusableRecordError

_DELIMITERS = (",", ";", "\t", "|")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")
"""Excel's own word for the delimiter, before the header."""
_QUOTED = re.compile(r'"[^"]*"')


def read_csv(file: SourceFile) -> Iterator[Row]:
    """One row per record; the line is the one the record starts on."""
    csv.field_size_limit(LONGEST_RECORD)
    with open_bytes(file) as stream, _text(stream) as text:
        lines = _lines(text, file)
        first = next(lines, "")
        told = _SEPARATOR_LINE.fullmatch(first)
        before = 1 if told else 0
        head = next(lines, "") if told else first
        _check_header(file, head)
        reader = csv.reader(
            _chained(head, lines), strict=True, delimiter=told[1] if told else _delimiter(head)
        )
        try:
            yield from _records(file, reader, before)
        except csv.Error as error:
            raise ProblemFileError(
                f"{file}:{reader.line_num + before}: is not CSV: {error}",
                "Quote cells that hold quotes, delimiters or line breaks, doubling quotes inside.",
            ) from error


def _records(file: SourceFile, reader: Any, before: int) -> Iterator[Row]:
    header = next(reader, list[str]())
    line = reader.line_num + 1 + before
    for cells in reader:
        if cells:
            yield Row(f"{file}:{line}", partial(_csv_record, header, cells))
        line = reader.line_num + 1 + before


def _text(stream: IO[bytes]) -> io.TextIOWrapper:
    """By its byte order mark; UTF-16 without one is known by the zero beside its first letter."""
    buffered = io.BufferedReader(stream)  # pyright: ignore[reportArgumentType] - it reads bytes
    start = buffered.peek(4)[:4]
    encoding = "utf-8-sig"
    if start.startswith(_UTF16):
        encoding = "utf-16"
    elif start[1:2] == b"\0" and start[:1].isascii():
        encoding = "utf-16-le"
    errors = "strict" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(buffered, encoding, errors=errors, newline="")


def _lines(text: io.TextIOWrapper, file: SourceFile) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_RECORD + 1):
        number += 1
        if len(line) > LONGEST_RECORD:
            raise too_long(f"{file}:{number}")
        yield line


def _chained(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def _delimiter(head: str) -> str:
    """The one that the header has most of, outside of quotes."""
    plain = _QUOTED.sub("", head)
    return max(_DELIMITERS, key=plain.count)


def _check_header(file: SourceFile, head: str) -> None:
    """Raises: ProblemFileError where the file is in another encoding, such as a spreadsheet's."""
    if re.search("[\0\ud800-\udfff]", head):
        raise ProblemFileError(f"{file}:1: is not UTF-8", "Save it as CSV in UTF-8.")


def _csv_record(header: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    if len(cells) != len(header):
        raise UnusableRecordError(
            f"has {len(cells)} cells, but the header has {len(header)}: does the delimiter stand"
            " in a cell that is not quoted?"
        )
    try:
        "".join(cells).encode()
    except UnicodeEncodeError as error:
        raise UnusableRecordError("is not UTF-8") from error
    return dict(zip(header, (cell or None for cell in cells), strict=True))
