"""What one run says of answers: those that it exported, as rows, and those that it found wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from pettingllms.errors import OutputError
from pettingllms.export import (
    RunFiles,
    SFTRow,
    by_problem,
    iter_attempts,
    read_drops,
    read_run,
    sft_rows,
)
from pettingllms.export.decontamination import asked
from pettingllms.export.reading import raw_rows
from pettingllms.judge.answer.extract import extract_code
from pettingllms.records import Attempt, Message, Outcome
from pettingllms.run.write import options_of
from pettingllms.settings import resolve
from pettingllms.tools.dataset.exported_rows import read_row

_NOT_JUDGED = frozenset({Outcome.SANDBOX_FAILURE, Outcome.MISSING_LIBRARY, Outcome.UNRATED})
"""They say something of the machine or of a grader, and nothing of the answer."""
_WEAKER = {Outcome.UNTESTED: 0, Outcome.AGREED: 1, Outcome.DISAGREED: 1, Outcome.RATED: 1}
_BY_TESTS = 2
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RunSource:
    """A run that a data set is made of. `digest` is of its files' bytes, `finished_us` the
    microseconds since 1970 at its end; of two verdicts on one answer the later run's counts."""

    digest: bytes
    finished_us: int
    day: str
    run_id: str
    about: Mapping[str, Any]

    @property
    def order(self) -> bytes:
        """Sorts as the runs came, wherever they lie and whenever they are read."""
        return self.finished_us.to_bytes(8, "big") + self.digest[:8]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One answer in one run. `name` tells it from every other: what was asked, and who paid.
    Without a `row` it was found wrong; `code` is what makes it a duplicate, `task` its problem's
    words. A verdict gives way to a later one of the same `strength`, or more."""

    name: bytes
    strength: int
    row: SFTRow | None = None
    code: str = ""
    task: str = ""
    language: str = ""
    difficulty: str = ""


def source_of(files: RunFiles) -> RunSource:
    """Raises: OutputError."""
    info = read_run(files.stats)
    finished = datetime.fromisoformat(info.finished_at)
    about = {
        "run_id": info.run_id,
        "finished_at": info.finished_at,
        "stopped_by": info.stopped_by,
        "versions": dict(sorted(info.versions.items())),
        "model": info.settings.get("model"),
        "api_type": info.settings.get("api_type"),
    }
    day = finished.date().isoformat()
    return RunSource(_digest(files), int(finished.timestamp() * 1e6), day, info.run_id, about)


def sightings(files: RunFiles) -> Iterator[Sighting]:
    """By its attempts; where they have been removed, by its exported rows, which tell nothing of
    what was found wrong. Raises: OutputError, with file and line."""
    if files.attempts.exists():
        yield from _of_attempts(files)
    elif files.sft.exists():
        for number, row in enumerate(raw_rows(files.sft), start=1):
            yield _exported(read_row(row, f"{files.sft}:{number}"))
    else:
        raise OutputError(
            f"Of the run {files.stats} there is neither an attempts file nor an export.",
            "Remove its stats, or bring its files back.",
        )


def _of_attempts(files: RunFiles) -> Iterator[Sighting]:
    options = options_of(resolve(read_run(files.stats).settings, {}).settings)
    drops = read_drops(files.dropped)
    for samples in by_problem(iter_attempts(files.attempts)):
        attempts = tuple(chain.from_iterable(samples))
        yield from map(_rejected, filter(_is_wrong, attempts))
        codes = {(turns[-1].agent, turns[-1].sample): turns[-1].code for turns in samples}
        for row in sft_rows(attempts, drops, options):
            yield _exported(row, codes[row.metadata.agent, row.metadata.sample])


def _is_wrong(attempt: Attempt) -> bool:
    verdict = attempt.verdict
    return (
        verdict is not None
        and not verdict.outcome.is_kept
        and not verdict.may_change
        and verdict.outcome not in _NOT_JUDGED
    )


def _rejected(attempt: Attempt) -> Sighting:
    paid_by = attempt.completion.run_id if attempt.completion else ""
    assert attempt.verdict is not None  # noqa: S101 - for the type checker: `_is_wrong` says so
    name = _name(attempt.problem_id, attempt.request_key, paid_by)
    return Sighting(name, _strength(attempt.verdict.outcome))


def _strength(outcome: Outcome) -> int:
    """That nothing was tested says less than other answers or a grader, and these than tests."""
    return _WEAKER.get(outcome, _BY_TESTS)


def _exported(row: SFTRow, code: str | None = None) -> Sighting:
    metadata = row.metadata
    answer = row.messages[-1].content
    return Sighting(
        _name(metadata.problem_id, metadata.request_key, metadata.run_id),
        _strength(Outcome(metadata.verdict)),
        row,
        code=code or extract_code(answer) or answer,
        task=_task(row),
        language=metadata.language,
        difficulty=metadata.difficulty,
    )


def _task(row: SFTRow) -> str:
    """What is asked first: a dialogue's later questions quote answers."""
    answers = (n for n, said in enumerate(row.messages) if said.role == "assistant")
    opening = row.messages[: next(answers, None)]
    return asked([Message(role=said.role, content=said.content) for said in opening])


def _name(problem_id: str, request_key: str, paid_by: str) -> bytes:
    text = "\0".join((problem_id, request_key, paid_by)).encode(errors="replace")
    return hashlib.blake2b(text, digest_size=16).digest()


def _digest(files: RunFiles) -> bytes:
    digest = hashlib.sha256()
    told = files.attempts if files.attempts.exists() else files.sft
    for path in (told, files.dropped, files.stats):
        if path.exists():
            with path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    digest.update(piece)
    return digest.digest()
