"""The nouns of batches: a batch, and the requests in it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pettingllms.engine.ledger import LASTING
from pettingllms.providers.batches import NO_COUNTS, Counts
from pettingllms.providers.config import APIConfig
from pettingllms.records import ChatRequest


class BatchState(StrEnum):
    """How far a batch is, by the journal."""

    PLANNED = "planned"
    CREATING = "creating"
    """It may have been created, whatever happens next."""
    CREATED = "created"
    HELD = "held"
    """What became of it, or of a part of it, only a person can tell."""
    DONE = "done"


MAY_COST = (BatchState.CREATING, BatchState.CREATED)
OPEN = (BatchState.PLANNED, *MAY_COST)
NOT_DONE = (*OPEN, BatchState.HELD)


class ItemState(StrEnum):
    """What became of one request of a batch."""

    WAITING = "waiting"
    LOST = "lost"
    """It may have been answered and billed, but the answer is nowhere."""
    ANSWERED = "answered"
    AGAIN = "again"
    """Not answered, and worth another batch."""
    LEFT = "left"
    """Not answered, and not by batch: it is asked as any other request."""


TAKEN = (ItemState.WAITING, ItemState.LOST)
"""What nobody else asks."""


@dataclass(frozen=True, slots=True)
class Item:
    """A request in a batch; `most_usd` is what it costs at most, None where no price is known, and
    `most_prompt` how many tokens its prompt has at most."""

    key: str
    request: ChatRequest
    turn: int
    most_prompt: int
    most_usd: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the journal has it. `config` is without its key; `output` says on whose bill it
    is, `ledger` which budget holds `most_usd` for it; its answers lie behind `first_row` of the
    cache. `prepared` and `remote_id` are the provider's names, `since` is when its creation began
    (Unix time), `counts` what the provider tells of it, `why` what a person should know.
    """

    id: str
    state: BatchState
    config: APIConfig
    size: int
    output: str
    ledger: str = ""
    most_usd: float = 0.0
    first_row: int = 0
    prepared: str = ""
    remote_id: str = ""
    since: float = 0.0
    counts: Counts = NO_COUNTS
    why: str = ""

    @property
    def owner(self) -> str:
        """By which its answers and what the budget holds for it are known."""
        return owner_of(self.id)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def owner_of(batch_id: str) -> str:
    return f"{LASTING}{batch_id}"


def batches_command(cache_dir: Path, words: str = "") -> str:
    """What is typed of the batches over a cache: it does that one's, whatever the reader's
    environment names."""
    typed = f"sft-collect batches {words}".rstrip()
    return f"`{typed} --cache-dir {shlex.quote(str(cache_dir.absolute()))}`"


class BatchesUnderWay(Exception):  # noqa: N818 - it is no error: a later run goes on
    """The wait is over before the batches are."""

    def __init__(self, batches: Sequence[Batch], why: str = "") -> None:
        super().__init__(why)
        self.batches = tuple(batches)
        self.why = why
