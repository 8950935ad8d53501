"""One export from several runs: the parts of a job, that ran on machines of their own.

Duplicates are found over all of them. Parts come together in the order of the problems, so that
their rows are those that one run would have exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from pettingllms.errors import OutputError, SettingError
from pettingllms.export import (
    RunFiles,
    RunInfo,
    by_problem,
    encode_attempt,
    iter_attempts,
    read_run,
)
from pettingllms.export.formats import FORMATS
from pettingllms.export.upload import deliver
from pettingllms.files.atomic import atomic_write, check_writable
from pettingllms.records import Attempt, Expenses
from pettingllms.run.shards import part_of
from pettingllms.run.write import write_export
from pettingllms.settings import Settings, resolve, settings_that_change
from pettingllms.tools.report import report_beside, write_report

_MAY_DIFFER = {"unsafe_sandbox"}
"""Where one of the machines has no sandbox."""


@dataclass(frozen=True, slots=True)
class _Run:
    attempts: Path
    info: RunInfo
    settings: Settings


def merge_attempts(
    attempts: Sequence[Path], changes: Mapping[str, Any], *, with_report: bool = False
) -> RunFiles:
    """A new run's files, from the attempts of `attempts`, with the first one's settings but for
    `changes`; in its folder, where `changes` name no other, or no URL.

    Raises: OutputError, also for a problem that two of them answer; SettingError where they were
    made by different settings; DiskFullError.
    """
    runs = sorted(map(_read, attempts), key=lambda run: part_of(run.settings).number)
    settings = _settings(runs, changes)
    check_writable(settings.output_folder)
    suffix = FORMATS[settings.format].suffix
    files = RunFiles.create(settings.output_folder, datetime.now(UTC), suffix, settings.output_url)
    atomic_write(files.attempts, map(encode_attempt, _in_order(runs)))
    write_export(files.attempts, files, _info(runs, settings), settings)
    if with_report:
        write_report(files, report_beside(files))
    if files.destination is not None:
        deliver(files.output_dir, files.destination)
    return files


def _read(attempts: Path) -> _Run:
    stats = RunFiles.of_attempts(attempts).stats
    if not stats.exists():
        raise OutputError(
            f"{attempts} is of a run that was killed: it has no stats.",
            "Run that part again, which pays only for what is missing, and name its new file.",
        )
    info = read_run(stats)
    return _Run(attempts, info, resolve(info.settings, {}).settings)


def _settings(runs: Sequence[_Run], changes: Mapping[str, Any]) -> Settings:
    first = runs[0]
    for run in runs[1:]:
        for name in settings_that_change("attempts", "rows") - _MAY_DIFFER - changes.keys():
            if getattr(run.settings, name) != getattr(first.settings, name):
                raise SettingError(
                    f"{first.attempts} and {run.attempts} were made with different {name}:"
                    f" {getattr(first.settings, name)} and {getattr(run.settings, name)}.",
                    "Merge runs of one job.",
                )
    named = chain.from_iterable(run.settings.problems for run in runs)
    ours = {
        "problems": [*dict.fromkeys(named)],
        "part": None,
        "output_dir": str(RunFiles.of_attempts(first.attempts).output_dir),
    }
    return resolve({**first.info.settings, **ours, **changes}, {}).settings


def _info(runs: Sequence[_Run], settings: Settings) -> RunInfo:
    infos = [run.info for run in runs]
    started = min(info.started_at for info in infos)
    finished = max(info.finished_at for info in infos)
    wall = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    return replace(
        infos[0],
        run_id="merged",
        started_at=started,
        finished_at=finished,
        wall_s=wall.total_seconds(),
        settings=settings.model_dump(mode="json"),
        samples_planned=sum(info.samples_planned or 0 for info in infos),
        stopped_by=next((info.stopped_by for info in infos if info.stopped_by), None),
        bad_records=sum(info.bad_records for info in infos),
        unwritten=sum((info.unwritten for info in infos), Expenses()),
        carried_over={name: n for info in infos for name, n in info.carried_over.items()},
    )


def _in_order(runs: Sequence[_Run]) -> Iterator[Attempt]:
    """Parts take turns, a problem each; other runs follow one another."""
    problems = [_problems(run) for run in runs]
    if all(run.settings.part for run in runs):
        turns = chain.from_iterable(zip_longest(*problems, fillvalue=()))
    else:
        turns = chain.from_iterable(problems)
    return chain.from_iterable(_each_once(turns))


def _problems(run: _Run) -> Iterator[tuple[Attempt, ...]]:
    return (tuple(chain(*samples)) for samples in by_problem(iter_attempts(run.attempts)))


def _each_once(problems: Iterable[tuple[Attempt, ...]]) -> Iterator[tuple[Attempt, ...]]:
    seen: set[str] = set()
    for attempts in filter(None, problems):
        if attempts[0].problem_id in seen:
            raise OutputError(
                f"Two of the runs answer the problem {attempts[0].problem_id!r}.",
                "Name one attempts file of each part: the newest.",
            )
        seen.add(attempts[0].problem_id)
        yield attempts
