"""The attempts as the page carries them: a light index of all, and blocks that it opens on demand.

Both are zlib streams in base64, which HTML cannot mistake for a tag.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from pettingllms.export import Drops
from pettingllms.export.facets import facets_of
from pettingllms.files.json import json_line
from pettingllms.records import Attempt, Failure

_BLOCK_BYTES = 256 * 1024
_ENTRIES_PER_BLOCK = 4096
_MOST_SNIPPET = 120

Kind = Literal["accepted", "dropped", "rejected", "failed", "tests"]
"""Of an answer, what came of it; of a test set, that it is one."""


@dataclass(frozen=True, slots=True)
class AttemptEnding:
    """What came of an attempt: its kind, and the reason it is counted under."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class PackedLines:
    """Some lines of the attempts file, packed; `first` counts rows from zero."""

    first: int
    packed: str


def ending_of(attempt: Attempt, drops: Drops) -> AttemptEnding:
    if attempt.agent == "test":
        failure = attempt.failure.cause if attempt.failure else ""
        return AttemptEnding("tests", attempt.verdict.counted_as if attempt.verdict else failure)
    if attempt.verdict is None:
        return AttemptEnding("failed", attempt.failure.cause if attempt.failure else "")
    if not attempt.verdict.outcome.is_kept:
        return AttemptEnding("rejected", attempt.verdict.counted_as)
    drop = drops.get((attempt.problem_id, attempt.sample))
    return (
        AttemptEnding("dropped", drop.reason)
        if drop
        else AttemptEnding("accepted", attempt.verdict.outcome)
    )


class AttemptIndex:
    """What the list shows of each attempt, packed as they pass by."""

    def __init__(self) -> None:
        self.rows = 0
        self._packed: list[str] = []
        self._entries: list[tuple[object, ...]] = []

    def add(self, attempt: Attempt, ending: AttemptEnding) -> None:
        self.rows += 1
        self._entries.append(
            (
                attempt.problem_id,
                attempt.sample,
                attempt.turn,
                ending.kind,
                ending.reason,
                _snippet(attempt),
                *_facets(attempt),
            )
        )
        if len(self._entries) == _ENTRIES_PER_BLOCK:
            self._pack()

    def blocks(self) -> list[str]:
        if self._entries:
            self._pack()
        return self._packed

    def _pack(self) -> None:
        self._packed.append(_pack(json_line(self._entries)))
        self._entries.clear()


def _facets(attempt: Attempt) -> tuple[str, str, str, str]:
    """In the order of `FACETS` in `blocks.js`."""
    known = facets_of(attempt)
    answered_by = attempt.completion.model if attempt.completion else ""
    return known.language, known.difficulty, known.source, answered_by or attempt.model


def row_blocks(attempts: Path, count: int) -> Iterator[PackedLines]:
    """The first `count` lines of an attempts file, as they are."""
    with attempts.open("rb") as file:
        lines: list[bytes] = []
        for row, line in enumerate(islice(file, count), start=1):
            lines.append(line)
            if row == count or sum(map(len, lines)) >= _BLOCK_BYTES:
                yield PackedLines(row - len(lines), _pack(b"".join(lines)))
                lines.clear()


def _pack(content: bytes) -> str:
    return b64encode(zlib.compress(content)).decode("ascii")


def _snippet(attempt: Attempt) -> str:
    """One line that tells this attempt from its neighbours."""
    return " ".join(_telling(attempt).split())[:_MOST_SNIPPET]


def _telling(attempt: Attempt) -> str:
    if attempt.failure is not None:
        return attempt.failure.message[: 4 * _MOST_SNIPPET]
    if attempt.verdict and attempt.verdict.failure:
        return _failed_test(attempt.verdict.failure)
    text = attempt.completion.text if attempt.completion else ""
    shown = attempt.code if attempt.verdict and attempt.verdict.outcome.is_kept else text
    return (shown or text)[: 4 * _MOST_SNIPPET]


def _failed_test(failure: Failure) -> str:
    if failure.error:
        return f"{failure.test}  {failure.error.strip().splitlines()[-1]}"
    return f"{failure.test}  expected {failure.expected}, got {failure.got}"
