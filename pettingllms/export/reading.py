"""Exported rows of every format read back: what was answered to which problem, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pettingllms.errors import OutputError
from pettingllms.export.formats import answer_of
from pettingllms.export.parquet import parquet_rows

_NAME_AN_EXPORT = "Name a file that this program has exported."


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """`place` is `file:line`, for messages to people; `answer` the last thing said."""

    place: str
    answer: str
    metadata: Mapping[str, Any]

    @property
    def problem_id(self) -> str:
        return self.metadata["problem_id"]


_HAS_NONE = ExportedRow("", "", {})


def read_export(path: Path) -> Iterator[ExportedRow]:
    """The rows of an exported file that hold an answer, as a row for reinforcement need not.
    Raises: OutputError, with file and line."""
    for number, row in enumerate(raw_rows(path), start=1):
        place = f"{path}:{number}"
        exported = _exported(place, row)
        if exported is _HAS_NONE:
            continue
        if exported is None:
            raise OutputError(
                f"{place}: no row of ours: it needs an answer, and metadata with a problem_id.",
                _NAME_AN_EXPORT,
            )
        yield exported


def _exported(place: str, row: Any) -> ExportedRow | None:
    try:
        answer, problem_id = answer_of(row), row["metadata"]["problem_id"]
    except (KeyError, IndexError, TypeError):
        return None
    if answer is None and isinstance(problem_id, str):
        return _HAS_NONE
    if not isinstance(answer, str) or not isinstance(problem_id, str):
        return None
    return ExportedRow(place, answer, row["metadata"])


def raw_rows(path: Path) -> Iterator[Any]:
    """The rows as they are in the file, of any format. Raises: OutputError, with file and line."""
    try:
        yield from parquet_rows(path) if path.suffix == ".parquet" else _json_rows(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror or error}.") from error


def _json_rows(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise OutputError(f"{path}:{number}: no JSON: {error}.", _NAME_AN_EXPORT) from error
