"""An export made again: from the attempts of a run, or from the response cache alone.

Nothing is sent either way, and the same settings give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pettingllms.engine import Answer, Engine, Miss
from pettingllms.errors import OutputError, RowError
from pettingllms.export import RunFiles, RunInfo, read_run
from pettingllms.export.formats import FORMATS
from pettingllms.files.atomic import check_writable
from pettingllms.files.missing import why_missing
from pettingllms.providers.credentials import NO_KEY
from pettingllms.records import NOT_CACHED, Messages
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.open import open_collection
from pettingllms.run.write import write_export, write_rows
from pettingllms.settings import REPLAY, Settings, check_needs, resolve

_NAME_AN_EXPORT = "Name an exported file, such as sft_data_code/sft_data_20261124_235959.jsonl."


class NotCachedError(RowError):
    cause = NOT_CACHED


class CacheOnlyEngine(Engine):
    """Answers what the cache holds; the rest fails as not cached."""

    async def ask(self, messages: Messages, sample: int = 0, turn: int = 0) -> Answer:
        (found,) = await self.recall([(messages, sample)])
        return await self.settle(found)

    async def buy(self, miss: Miss) -> Answer:
        return Answer(miss.request_key, error=NotCachedError("the answer is not in the cache"))

    async def verify(self) -> None:
        """Nothing will be sent."""


async def rebuild_from_cache(settings: Settings) -> Report:
    """A run that sends nothing, into files of its own. Raises: as `check`, CacheError."""
    checked = check(settings, NO_KEY)
    async with open_collection(checked, "rebuild", CacheOnlyEngine) as collection:
        return await collection.run()


def rebuild_from_attempts(attempts: Path, changes: Mapping[str, Any]) -> RunFiles:
    """The run's files again, from its attempts, with its own settings but for `changes`.

    They replace those of the run, or go to another `output_dir`. Of a run that was killed there
    are no stats to make again; its rows are made with `changes` alone.
    Raises: OutputError, DiskFullError, SettingError.
    """
    files = RunFiles.of_attempts(attempts)
    run = read_run(files.stats) if files.stats.exists() else None
    unknown = {"api_type": REPLAY, **changes}  # who was asked matters to no row
    settings = settings_of(run, changes) if run else resolve(unknown).settings
    files = replace(files, suffix=FORMATS[settings.format].suffix)
    if "output_dir" in changes:
        files = replace(files, output_dir=settings.output_folder)
        check_writable(files.output_dir)
    if run is None:
        write_rows(attempts, files, settings)
    else:
        run = replace(run, settings=settings.model_dump(mode="json"))
        write_export(attempts, files, run, settings)
    return files


def settings_of(run: RunInfo, changes: Mapping[str, Any]) -> Settings:
    """A run's settings, from its stats, but for `changes`. Raises: SettingError."""
    settings = resolve({**run.settings, **changes}, {}).settings
    check_needs(settings, changes)
    return settings


def run_of_export(export: Path) -> RunInfo | None:
    """What is known of the run that made an exported file. Raises: OutputError."""
    if not export.is_file():
        raise OutputError(f"{export} {why_missing(export)}, or no file.", _NAME_AN_EXPORT)
    stats = stats_beside(export)
    return read_run(stats) if stats.exists() else None


def stats_beside(export: Path) -> Path:
    return export.with_name(f"{export.stem}_stats.json")
