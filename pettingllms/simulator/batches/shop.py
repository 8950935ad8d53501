"""The batches of a simulated provider, whatever dialect asks for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import time
from typing import Any, Literal

from pettingllms.simulator.batches.faults import BatchFault
from pettingllms.simulator.chat import ErrorReply
from pettingllms.simulator.dialects import Dialect

Document = dict[str, Any]
LineEnding = Literal["succeeded", "errored", "expired", "canceled"]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One request of a batch, as it was handed in."""

    custom_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one: an answer's JSON, or what it was refused with."""

    custom_id: str
    ending: LineEnding
    answer: Document | None = None
    error: ErrorReply | None = None


Ask = Callable[[Dialect, Mapping[str, Any]], "Document | ErrorReply"]
"""Answers one request, and charges for it."""


@dataclass
class SoldBatch:
    """`looks` are how often its state was asked for; it has ended after so many as it takes."""

    id: str
    dialect: Dialect
    lines: Sequence[BatchLine]
    metadata: Mapping[str, str]
    faults: Collection[BatchFault]
    input_file_id: str = ""
    created_at: float = field(default_factory=time)
    looks: int = 0
    is_canceled: bool = False
    results: Sequence[Result] | None = None
    downloads: int = 0

    @property
    def has_ended(self) -> bool:
        return self.results is not None

    @property
    def fails_validation(self) -> bool:
        return bool({"fails-validation", "too-many-tokens"} & set(self.faults))

    def count(self, *endings: LineEnding) -> int:
        return sum(result.ending in endings for result in self.results or ())


class Shop:
    """Batches are numbered as they are handed in; the first have the faults of `script`, an entry
    each. One ends at the look after the first `looks`, be it at a list."""

    def __init__(
        self, ask: Ask, script: Sequence[Collection[BatchFault]] = (), looks: int = 1
    ) -> None:
        self.batches: dict[str, SoldBatch] = {}
        self.files: dict[str, bytes] = {}
        self._ask = ask
        self._script = [*script]
        self._looks = looks

    def next_faults(self) -> Collection[BatchFault]:
        """Of the batch that is handed in now."""
        return self._script.pop(0) if self._script else ()

    def keep_file(self, content: bytes) -> str:
        name = f"file-{len(self.files):020d}"
        self.files[name] = content
        return name

    def add(self, batch: SoldBatch) -> None:
        self.batches[batch.id] = batch

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{len(self.batches):020d}"

    def look_at(self, batch: SoldBatch) -> SoldBatch:
        """One step further."""
        batch.looks += 1
        if "canceling" in batch.faults and batch.looks == 1:
            batch.is_canceled = True
        elif not batch.has_ended and batch.looks > self._looks:
            batch.results = self._results(batch)
        return batch

    def page(self, dialect: Dialect, after: str, limit: int) -> tuple[list[SoldBatch], bool]:
        """The newest first, behind the batch `after`; and whether more follow."""
        ours = [
            batch
            for batch in self.batches.values()
            if batch.dialect is dialect and "unlisted-create" not in batch.faults
        ]
        newest = [*map(self.look_at, ours)][::-1]
        ids = [batch.id for batch in newest]
        start = ids.index(after) + 1 if after in ids else 0
        return newest[start : start + limit], start + limit < len(newest)

    def _results(self, batch: SoldBatch) -> list[Result]:
        if batch.fails_validation:
            return []
        results = [self._result(batch, n, line) for n, line in enumerate(batch.lines)]
        return results[1::2] + results[::2] if "shuffled" in batch.faults else results

    def _result(self, batch: SoldBatch, number: int, line: BatchLine) -> Result:
        is_second = number % 2 == 1
        if batch.is_canceled and is_second:
            return Result(line.custom_id, "canceled")
        if "half-expired" in batch.faults and is_second:
            return Result(line.custom_id, "expired")
        if "no-output" in batch.faults or ("half-refused" in batch.faults and is_second):
            return Result(line.custom_id, "errored", error=ErrorReply(500))
        said = self._ask(batch.dialect, line.body)
        if isinstance(said, ErrorReply):
            return Result(line.custom_id, "errored", error=said)
        return Result(line.custom_id, "succeeded", said)
