"""Rows of JSONL and JSON files, plain or packed.

JSONL streams. A JSON document is read whole, since its end can undo its beginning.
"""

from __future__ import annotations

import logging
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import chain, islice
from typing import Any, TypeGuard

from pettingllms.errors import ProblemFileError
from pettingllms.problems.packing import lines_of, open_bytes, read_document
from pettingllms.problems.record import (
    Row,
    SourceFile,
    UnusableRecordError,
    decode_json,
    decode_json_at,
    decode_utf8,
    skip_space,
)

log = logging.getLogger(__name__)
_FORMS = (
    'A JSON file holds an array of records, {"data": [...]}, or one array per field;'
    " one record per line is JSONL: name such a file .jsonl."
)


def read_jsonl(file: SourceFile) -> Iterator[Row]:
    if _starts_with(file, b"["):
        _warn(str(file), "a JSON array", ".json")
        yield from read_json(file)
        return
    yield from _rows_of_lines(file)


def _rows_of_lines(file: SourceFile) -> Iterator[Row]:
    name = str(file)
    with open_bytes(file) as stream:
        for number, line in enumerate(lines_of(stream, file), start=1):
            record = (line.removeprefix(BOM_UTF8) if number == 1 else line).rstrip()
            if record in (b"{", b"["):
                raise ProblemFileError(
                    f"{name}:{number}: begins a record that goes over several lines",
                    "Write one record a line; records of several lines belong into a .json file,"
                    " in an array.",
                )
            if record:
                yield Row(f"{name}:{number}", partial(_decode_line, record), record)


@cache
def _warn(name: str, holds: str, suffix: str) -> None:
    """Once for each file, which a run reads several times."""
    log.warning("%s: holds %s, and is read as a %s file.", name, holds, suffix)


def _starts_with(file: SourceFile, sign: bytes) -> bool:
    with open_bytes(file) as stream:
        return stream.read(64).removeprefix(BOM_UTF8).lstrip().startswith(sign)


def _decode_line(line: bytes) -> object:
    return decode_json(decode_utf8(line))


def _holds_lines(file: SourceFile) -> bool:
    """Whether it is JSONL under another name: a whole record on its first line, and a next one."""
    with open_bytes(file) as stream:
        lines = (line.strip() for line in lines_of(stream, file))
        first, second = islice(chain(filter(None, lines), (b"", b"")), 2)
    if not first.removeprefix(BOM_UTF8).startswith(b"{") or not second.startswith(b"{"):
        return False
    try:
        _decode_line(first.removeprefix(BOM_UTF8))
    except UnusableRecordError:
        return False
    return True


def read_json(file: SourceFile) -> Iterator[Row]:
    if _starts_with(file, b"{") and _holds_lines(file):
        _warn(str(file), "a record on each line", ".jsonl")
        yield from _rows_of_lines(file)
        return
    data = read_document(file).removeprefix(BOM_UTF8)
    try:
        text = decode_utf8(data)
        start = skip_space(text, 0)
        is_array = text.startswith("[", start)
        yield from _array_rows(file, text, start) if is_array else _object_rows(file, text)
    except UnusableRecordError as error:
        raise ProblemFileError(f"{file}: {error}", _FORMS) from error


def _array_rows(file: SourceFile, text: str, start: int) -> Iterator[Row]:
    """The elements one by one, each with the line it starts on."""
    position, counted, line = skip_space(text, start + 1), 0, 1
    while not text.startswith("]", position):
        line, counted = line + text.count("\n", counted, position), position
        value, position = _element(f"{file}:{line}", text, position)
        yield Row(f"{file}:{line}", partial(_itself, value))
    if skip_space(text, position + 1) < len(text):
        raise UnusableRecordError("has more after its array")


def _element(origin: str, text: str, start: int) -> tuple[object, int]:
    """The element at `start`, and where the next one or the closing bracket begins."""
    try:
        value, end = decode_json_at(text, start)
    except UnusableRecordError as error:
        raise ProblemFileError(f"{origin}: {error}", _FORMS) from error
    position = skip_space(text, end)
    if text.startswith(",", position):
        return value, skip_space(text, position + 1)
    if text.startswith("]", position):
        return value, position
    raise ProblemFileError(f"{origin}: after this record a comma or ] is missing", _FORMS)


def _object_rows(file: SourceFile, text: str) -> Iterator[Row]:
    document: object = decode_json(text) if text.strip() else {}
    if not _is_object(document):
        raise UnusableRecordError("is JSON, but holds no records")
    tables = {name: value for name, value in document.items() if _is_table(value)}
    if tables and not _are_columns(document):
        for name, records in tables.items():
            for index, record in enumerate(records):
                yield Row(f"{file}:{name}[{index}]", partial(_itself, record))
    else:
        for index, record in enumerate(_columns_to_records(document)):
            yield Row(f"{file}:[{index}]", partial(_itself, record))


def _are_columns(document: Mapping[str, Any]) -> bool:
    """An array for each field, of one length; of some the values are objects."""
    lengths = {len(column) if _is_list(column) else -1 for column in document.values()}
    return len(lengths) == 1 and lengths != {-1} and not all(map(_is_table, document.values()))


def _columns_to_records(columns: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if all(map(_is_object, columns.values())):
        yield from _nested_records(columns)
        return
    lengths = {len(column) if _is_list(column) else None for column in columns.values()}
    if None in lengths:
        raise UnusableRecordError("is one JSON object whose fields are not all arrays")
    if len(lengths) > 1:
        raise UnusableRecordError("holds one array per field, but of different lengths")
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _nested_records(outer: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """`{"prompt": {"0": ...}}`, as pandas writes a table, or `{"id-1": {"prompt": ...}}`."""
    indexes = dict.fromkeys(index for column in outer.values() for index in column)
    if not all(index.isdecimal() for index in indexes):
        yield from ({"id": name, **record} for name, record in outer.items())
        return
    for index in indexes:
        yield {name: column.get(index) for name, column in outer.items()}


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_table(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return _is_list(value) and bool(value) and all(map(_is_object, value))


def _itself(value: object) -> object:
    return value
