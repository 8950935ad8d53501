"""What a provider's batches can do, whichever protocol they speak."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from pettingllms.errors import CollectError
from pettingllms.files.spool import Spool
from pettingllms.records import Completion


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Of one batch; a model each where `one_model`."""

    requests: int
    content_bytes: int
    one_model: bool


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One request under its custom id, which is the key of the request."""

    key: str
    body: Mapping[str, Any]


class RemoteProgress(StrEnum):
    """How far a batch is at the provider."""

    UNDER_WAY = "under way"
    CANCELING = "canceling"
    REFUSED = "refused"
    """Its input was not accepted: nothing of it was asked."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the requests in a batch, as far as the provider tells yet."""

    total: int = 0
    answered: int = 0
    failed: int = 0


NO_COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the provider tells of it. `why` says what its input was refused for, `files` are
    the places of its results; `was_canceled` holds also when it has ended."""

    id: str
    progress: RemoteProgress
    counts: Counts = NO_COUNTS
    why: str = ""
    files: tuple[str, ...] = ()
    was_canceled: bool = False


@dataclass(frozen=True, slots=True)
class LineResult:
    """What came of one request: exactly one of `completion` and `error`. A `key` that is empty is
    a line that does not read."""

    key: str
    completion: Completion | None = None
    error: CollectError | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch that was about to be created at `since` (Unix time), and may have been."""

    batch_id: str
    since: float
    keys: Collection[str]
    known_ids: Collection[str] = ()
    """Other batches of ours at the provider."""


@dataclass(frozen=True, slots=True)
class Found:
    """`batch` is the one that was meant; `perhaps` are some of which it is not known yet."""

    batch: RemoteBatch | None = None
    perhaps: tuple[str, ...] = ()


class BatchAPI(Protocol):
    """Each method sends once, and raises the errors of `pettingllms.errors`."""

    @property
    def limits(self) -> BatchLimits: ...

    def size(self, request: BatchRequest) -> int:
        """Bytes that a request takes in a batch."""
        ...

    def content(self, requests: Iterable[BatchRequest]) -> Iterator[bytes]:
        """What is handed in for them, in pieces."""
        ...

    async def prepare(self, batch_id: str, content: Spool) -> str:
        """What can be handed in before the batch is created, which costs nothing: its name, or
        nothing."""
        ...

    async def create(self, batch_id: str, prepared: str, content: Spool) -> RemoteBatch:
        """From here on it costs. Where no answer arrives, it may have been created."""
        ...

    async def find(self, intent: Intent) -> Found:
        """A batch whose creation brought no answer, among those that the provider lists."""
        ...

    async def look(self, remote_id: str) -> RemoteBatch: ...

    async def cancel(self, remote_id: str) -> RemoteBatch: ...

    def results(self, batch: RemoteBatch) -> AsyncIterator[LineResult]:
        """Of a batch that has ended, in no order."""
        ...
