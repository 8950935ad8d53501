"""Parquet in and out, piece by piece. pyarrow ships no types, and is imported where it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from pettingllms.errors import OutputError

_ROWS_TOGETHER = 1_000


def parquet_pieces(
    rows: Iterable[Mapping[str, Any]], message: Sequence[str], metadata: Mapping[str, type]
) -> Iterator[bytes]:
    """The bytes of a file with the columns `messages`, of the fields `message`, and `metadata`, of
    its fields with their types; a thousand rows to a group."""
    arrow, schema = _arrow(), _schema(message, metadata)
    sink, iterator = _Pieces(), iter(rows)
    with _parquet().ParquetWriter(arrow.PythonFile(sink, mode="w"), schema) as writer:
        while batch := list(islice(iterator, _ROWS_TOGETHER)):
            writer.write_table(arrow.Table.from_pylist(batch, schema))
            yield from sink.taken()
    yield from sink.taken()


def parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Raises: OSError; OutputError where it is no Parquet."""
    try:
        with _parquet().ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except _arrow().ArrowInvalid as error:
        raise OutputError(f"{path}: no Parquet: {error}.") from error


def _schema(message: Sequence[str], metadata: Mapping[str, type]) -> Any:
    arrow = _arrow()
    types = {
        str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_(),
    }  # fmt: skip
    said = arrow.struct([(name, arrow.string()) for name in message])
    source = arrow.struct([(name, types[kind]) for name, kind in metadata.items()])
    return arrow.schema([("messages", arrow.list_(said)), ("metadata", source)])


def _arrow() -> Any:
    return import_module("pyarrow")


def _parquet() -> Any:
    return import_module("pyarrow.parquet")


class _Pieces:
    """A file to write to whose content is taken away as it comes."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self._length += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._length

    def flush(self) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """What is left is still to be taken."""

    def taken(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return pieces
