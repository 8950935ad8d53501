"""Whether a request is in a batch: asked before it is bought online."""

from __future__ import annotations

import os
from pathlib import Path

from pettingllms.engine.batch.journal import JOURNAL, Journal
from pettingllms.engine.batch.records import BatchState, batches_command
from pettingllms.errors import InBatchError


class Claims:
    """Of the batches over the cache in a folder; there may never have been any."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._file = os.fspath(cache_dir / JOURNAL)
        self._journal: Journal | None = None

    def check(self, key: str) -> None:
        """Raises: InBatchError where a batch has taken the request; CacheError."""
        if self._journal is None:
            if not os.path.exists(self._file):  # noqa: PTH110 - asked for each request
                return
            self._journal = Journal(self._cache_dir)
        holder = self._journal.holder(key)
        if holder is not None:
            raise self._in_batch(self._journal, holder)

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def _in_batch(self, journal: Journal, batch_id: str) -> InBatchError:
        batch = journal.batch(batch_id)
        if batch is not None and batch.state is BatchState.HELD:
            return InBatchError(
                f"The request is in batch {batch_id[:8]}, which is held: {batch.why}",
                f"{batches_command(self._cache_dir)} says what can be done with it.",
            )
        collect = batches_command(self._cache_dir, "collect")
        return InBatchError(
            f"The request is in batch {batch_id[:8]}, which is under way.",
            f"Take its results with {collect}, or run with --batch.",
        )
