"""The attempts file: every attempt of a run, kept or not, one JSON line each.

All of an attempt is here but the provider's raw response, which stays in the cache. The turns
of one sample of one problem lie next to each other, in order.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import fields
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pettingllms.errors import OutputError
from pettingllms.files.atomic import write_error
from pettingllms.files.json import decoder, json_line
from pettingllms.records import (
    NOT_BILLED,
    Attempt,
    Completion,
    Review,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

_ATTEMPT_FIELDS = tuple(field.name for field in fields(Attempt))
_attempt_values: Callable[[Attempt], tuple[Any, ...]] = attrgetter(*_ATTEMPT_FIELDS)
_REVIEW_FIELDS = tuple(field.name for field in fields(Review))
_COMPLETION_FIELDS = tuple(field.name for field in fields(Completion) if field.name != "raw")
_completion_values: Callable[[Completion], tuple[Any, ...]] = attrgetter(*_COMPLETION_FIELDS)


def encode_attempt(attempt: Attempt) -> bytes:
    """One line with its newline; for lone surrogates see `json_text`."""
    return json_line(_fields_of(attempt))


def encode_repeated(attempt: Attempt, run_id: str) -> bytes:
    """As a run with that id would have it, which finds the answer in the cache."""
    line = _fields_of(attempt)
    line |= {"run_id": run_id, "retries": {}, "perhaps_billed": NOT_BILLED}
    if line["completion"] is not None:
        line["completion"]["cached"] = True
    return json_line(line)


def _fields_of(attempt: Attempt) -> dict[str, Any]:
    line = dict(zip(_ATTEMPT_FIELDS, _attempt_values(attempt), strict=True))
    line["completion"] = _without_raw(attempt.completion)
    if attempt.review is not None:
        review = {name: getattr(attempt.review, name) for name in _REVIEW_FIELDS}
        line["review"] = review | {"completion": _without_raw(attempt.review.completion)}
    return line


def _without_raw(completion: Completion | None) -> dict[str, Any] | None:
    return completion and dict(zip(_COMPLETION_FIELDS, _completion_values(completion), strict=True))


decode_attempt = decoder(Attempt)
"""The attempt on a line. Raises: ValueError where there is none."""


def iter_attempts(path: Path) -> Iterator[Attempt]:
    """Every attempt in `path`, read as it is asked for.

    A last line without its end, as a killed run leaves it, is skipped with a warning.
    Raises: OutputError, with file and line, for any other line that is no attempt.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                attempt = _read(line, f"{path}:{number}")
                if attempt is not None:
                    yield attempt
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}.") from error


def by_rollout(attempts: Iterable[Attempt]) -> Iterator[tuple[Attempt, ...]]:
    """The turns of each sample of each problem together; the last one decides.

    Raises: OutputError where turns are missing or apart.
    """
    for (problem_id, sample), group in groupby(attempts, lambda a: (a.problem_id, a.sample)):
        turns = tuple(group)
        found = [attempt.turn for attempt in turns]
        if found != list(range(len(turns))):
            raise OutputError(
                f"The attempts of problem {problem_id!r}, sample {sample}, are not in order:"
                f" found turns {found}.",
                "Read the attempts file of one run at a time, as the run wrote it.",
            )
        yield turns


def by_problem(attempts: Iterable[Attempt]) -> Iterator[tuple[tuple[Attempt, ...], ...]]:
    """The samples of each problem together. Raises: as `by_rollout`."""
    for _, samples in groupby(by_rollout(attempts), lambda turns: turns[0].problem_id):
        yield tuple(samples)


class AttemptWriter:
    """Appends to one attempts file. A shard is there whole or, if writing failed, not at all.

    Raises, at opening and at `write`: OutputError, DiskFullError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise write_error(path, error) from error

    def write(self, attempts: Iterable[Attempt]) -> None:
        """Append one shard; it is on the disk when this returns."""
        self.write_lines(b"".join(map(encode_attempt, attempts)))

    def write_lines(self, shard: bytes) -> None:
        """The same, of attempts that are encoded."""
        start = self._file.tell()
        try:
            self._append(shard)
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(start)
            raise write_error(self._path, error) from error

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _append(self, shard: bytes) -> None:
        left = memoryview(shard)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())


def _read(line: bytes, place: str) -> Attempt | None:
    try:
        return decode_attempt(line)
    except ValueError as error:
        if not line.endswith(b"\n"):
            log.warning("%s: the last line is cut off, and skipped.", place)
            return None
        raise OutputError(
            f"{place}: not an attempt: {error}.",
            "The file is damaged, or from another version. Run again: the answers are in the"
            " cache, and cost nothing the second time.",
        ) from error
