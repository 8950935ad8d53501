"""Which answers a tool is to take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pettingllms.cache.responses import KeptAnswer
from pettingllms.errors import OutputError
from pettingllms.export import iter_attempts
from pettingllms.tools.cache.statistics import asked_model


@dataclass(frozen=True, slots=True)
class Selection:
    """Answers that meet every condition given: bought before a time, of a provider, of a model
    (as it was asked for), named by no attempt, nor paid by a run that is `unfinished`: what that
    has paid is in no attempt yet, and the next run uses it."""

    before: datetime | None = None
    provider: str | None = None
    model: str | None = None
    not_among: frozenset[str] | None = None
    unfinished: frozenset[str] = frozenset()

    @property
    def is_all(self) -> bool:
        return self == Selection()

    def has(self, answer: KeptAnswer) -> bool:
        return (
            (self.before is None or _is_older(answer, self.before))
            and self.provider in (None, answer.request.provider)
            and self.model in (None, asked_model(answer))
            and (self.not_among is None or answer.key not in self.not_among)
            and answer.completion.run_id not in self.unfinished
        )


def _is_older(answer: KeptAnswer, than: datetime) -> bool:
    """An answer that bears no time is not."""
    at = answer.completion.received_at
    return bool(at) and datetime.fromisoformat(at) < than


def referenced_keys(output_dirs: Sequence[Path]) -> frozenset[str]:
    """The keys that the attempts files in these output folders name. Raises: OutputError where
    a folder holds none, or one does not read."""
    return frozenset(key for folder in output_dirs for key in _keys(folder))


def _keys(output_dir: Path) -> Iterator[str]:
    files = sorted((output_dir / "attempts").glob("attempts_*.jsonl"))
    if not files:
        raise OutputError(
            f"There is no attempts file in {output_dir}.",
            "Name the output folders of the runs whose answers are to stay.",
        )
    for file in files:
        for attempt in iter_attempts(file):
            yield attempt.request_key
            if attempt.review is not None:
                yield attempt.review.request_key
