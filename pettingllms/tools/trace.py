"""Where a row comes from: its problem, its turns, what each cost, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from pettingllms.errors import FatalError, SettingError
from pettingllms.export import RunFiles, RunInfo, read_run
from pettingllms.export.formats import FORMATS
from pettingllms.export.reading import ExportedRow, read_export
from pettingllms.problems import read_problems
from pettingllms.records import Attempt
from pettingllms.run.shards import on_bad, problem_sources, rules_of
from pettingllms.settings import Settings
from pettingllms.tools.cache.asking import AttemptName
from pettingllms.tools.rebuild import settings_of


@dataclass(frozen=True, slots=True)
class Lineage:
    """`origin` is where the problem stands (`file:line`), "" where that is no longer known; `run`
    None for one that was killed; `row` where the answer was exported; `dropped` why it was not.
    """

    attempts: Path
    turns: tuple[Attempt, ...]
    run: RunInfo | None
    origin: str
    row: ExportedRow | None
    dropped: str

    def fed_back(self, turn: int) -> str:
        """What the model was told after `turn`, "" after the last."""
        later = self.turns[turn + 1 :]
        return later[0].messages[-1]["content"] if later else ""


def trace(attempts: Path, name: AttemptName) -> Lineage:
    """Of one sample in the attempts of a run. Raises: SettingError, OutputError."""
    files = RunFiles.of_attempts(attempts)
    turns = name.turns(attempts)
    run = read_run(files.stats) if files.stats.exists() else None
    return Lineage(
        attempts=attempts,
        turns=turns,
        run=run,
        origin=_origin(settings_of(run, {}), turns[0].problem_id) if run else "",
        row=_row(files, turns[0]),
        dropped=_why_dropped(files, turns[0]),
    )


def attempt_of_row(file: Path, line: int) -> tuple[Path, AttemptName]:
    """The attempts file and the sample behind a line of an export. Raises: SettingError where
    there is no such line; OutputError."""
    for number, row in enumerate(read_export(file), start=1):
        if number == line:
            stamp = file.stem.removeprefix("sft_data_")
            attempts = RunFiles(file.parent, stamp).attempts
            return attempts, AttemptName(((row.problem_id, row.metadata.get("sample", 0)),))
    raise SettingError(f"{file} has no line {line}.")


def _row(files: RunFiles, attempt: Attempt) -> ExportedRow | None:
    for export in _exports(files):
        for row in read_export(export):
            if (row.problem_id, row.metadata.get("sample")) == (attempt.problem_id, attempt.sample):
                return row
    return None


def _exports(files: RunFiles) -> Iterator[Path]:
    for suffix in {format_.suffix for format_ in FORMATS.values()}:
        export = RunFiles(files.output_dir, files.stamp, suffix).sft
        if export.exists():
            yield export


def _why_dropped(files: RunFiles, attempt: Attempt) -> str:
    if not files.dropped.exists():
        return ""
    for line in files.dropped.read_bytes().splitlines():
        drop = orjson.loads(line)
        if (drop["problem_id"], drop["sample"]) == (attempt.problem_id, attempt.sample):
            return f"{drop['reason'].replace('_', ' ')} {drop['detail']}".strip()
    return ""


def _origin(settings: Settings, problem_id: str) -> str:
    """The problem may have moved since, or its file gone."""
    try:
        problems = read_problems(
            problem_sources(settings), skip_bad=on_bad(settings), rules=rules_of(settings)
        )
        return next((problem.origin for problem in problems if problem.id == problem_id), "")
    except FatalError:
        return ""
