"""Nights for the tests of data sets: runs that have ended, with attempts, rows and stats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pettingllms.export import AttemptWriter, RunFiles, RunInfo
from pettingllms.records import Attempt, Outcome
from pettingllms.run.write import write_export
from pettingllms.settings import resolve
from tests.export.attempt_samples import answered

FIRST = datetime(2026, 1, 1, 1, tzinfo=UTC)


def answer(
    number: int,
    outcome: Outcome = Outcome.PASSED,
    *,
    problem: str = "",
    asked: str = "",
    code: str = "",
    paid_by: str = "paying-run",
    sample: int = 0,
    **metadata: Any,
) -> Attempt:
    """One answer to one problem; the same `number` is the same problem, and the same answer."""
    code = code or f"def f(x):\n    return x + {number}"
    attempt = answered(
        problem or f"set/{number}", outcome, sample=sample, text=f"Sure:\n\n```python\n{code}\n```"
    )
    assert attempt.completion is not None
    return replace(
        attempt,
        code=code,
        request_key=f"{number:060x}{sample:04x}",
        messages=({"role": "user", "content": asked or f"Write f of number {number}."},),
        completion=replace(attempt.completion, run_id=paid_by, raw=None),
        metadata=metadata,
    )


def night(folder: Path, day: int, attempts: Iterable[Attempt], **settings: Any) -> RunFiles:
    """The run of the `day`th night, in `folder`."""
    started = FIRST + timedelta(days=day)
    with AttemptWriter((files := RunFiles.create(folder, started)).attempts) as writer:
        writer.write(attempts)
    resolved = resolve({"api_type": "replay", "output_dir": str(folder), **settings}, {}).settings
    files = replace(files, suffix=".parquet" if resolved.format == "parquet" else ".jsonl")
    run = RunInfo(
        run_id=f"run-{day}",
        started_at=started.isoformat(),
        finished_at=(started + timedelta(hours=1)).isoformat(),
        wall_s=3600.0,
        settings=resolved.model_dump(mode="json"),
        versions={"pettingllms-sft": "0.1.0"},
    )
    write_export(files.attempts, files, run, resolved)
    return files
