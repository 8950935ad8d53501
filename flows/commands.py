"""What is done with exports after a run: `verify`, `rebuild`, `card`. None needs Prefect."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from flows.flags import PROGRAM, HelpFormatter, add_config, add_settings, given
from pettingllms.collection import limits_of, on_bad, problem_sources
from pettingllms.errors import ExitCode, SettingError
from pettingllms.export import read_stats
from pettingllms.export.card import render_card
from pettingllms.export.reading import read_export
from pettingllms.export.summary import render_summary
from pettingllms.judge import Judge, find_sandbox
from pettingllms.judge.assess import what_failed
from pettingllms.problems import read_problems
from pettingllms.rebuilding import (
    rebuild_from_attempts,
    rebuild_from_cache,
    run_of_export,
    settings_of,
    stats_beside,
)
from pettingllms.settings import REPLAY, Settings, resolve
from pettingllms.verification import Proof, Verification, verify

_VERIFY = """\
Judge every row of an exported file again, and name those that no longer pass.
Problems and limits are those of the run, as the stats beside the file have
them; flags take their place. Exit code 6 where a row does not pass."""
_VERIFY_SETTINGS = (
    "problems",
    "skip_bad_records",
    "judge_cpu_seconds",
    "judge_memory_mb",
    "unsafe_sandbox",
)
_CARD = """\
Print the card of a data set for the Hugging Face hub: counts, models, and how
the rows were verified. Save it as README.md beside the file."""
_REBUILD = """\
Make an export again; nothing is sent. From an attempts file: the files of that
run, byte for byte, or as the given flags change them. Without one: a run that
takes every answer from the cache, with the flags of a collection."""


def verify_command(arguments: Sequence[str]) -> int:
    parser = _parser("verify", "FILE", _VERIFY)
    parser.add_argument("file", type=Path, metavar="FILE", help="an exported file")
    add_settings(parser, _VERIFY_SETTINGS)
    flags = given(parser.parse_args(arguments))
    file: Path = flags.pop("file")
    verification = asyncio.run(_verify(file, _settings_of_export(file, flags)))
    _show(verification)
    return ExitCode.NOT_VERIFIED if verification.broken else ExitCode.COMPLETE


def rebuild_command(arguments: Sequence[str]) -> int:
    parser = _parser("rebuild", "[ATTEMPTS.jsonl]", _REBUILD)
    parser.add_argument("attempts", type=Path, nargs="?", metavar="ATTEMPTS.jsonl")
    add_config(parser)
    add_settings(parser, Settings.model_fields)
    flags = given(parser.parse_args(arguments))
    attempts: Path | None = flags.pop("attempts", None)
    if attempts is not None:
        if "config" in flags:
            raise SettingError(
                "--config is for a rebuild from the cache; name the changes as flags."
            )
        files = rebuild_from_attempts(attempts, flags)
        _print(f"Rebuilt {files.sft}")
        return ExitCode.COMPLETE
    report = asyncio.run(rebuild_from_cache(resolve(flags).settings))
    Console().print(render_summary(report.stats, report.files))
    return report.exit_code


def card_command(arguments: Sequence[str]) -> int:
    parser = _parser("card", "FILE", _CARD)
    parser.add_argument("file", type=Path, metavar="FILE", help="an exported file")
    file: Path = parser.parse_args(arguments).file
    sys.stdout.write(render_card(file.name, read_export(file), read_stats(stats_beside(file))))
    return ExitCode.COMPLETE


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "verify": verify_command,
    "rebuild": rebuild_command,
    "card": card_command,
}


def _parser(name: str, operand: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"{PROGRAM} {name}",
        usage=f"%(prog)s {operand} ...",
        description=description,
        formatter_class=HelpFormatter,
    )


def _settings_of_export(file: Path, flags: Mapping[str, Any]) -> Settings:
    run = run_of_export(file)
    if run is not None:
        return settings_of(run, flags)
    if "problems" not in flags:
        raise SettingError(
            f"There are no stats beside {file} that say which problems it answers.",
            "Name them with --problems.",
        )
    return resolve({"api_type": REPLAY, **flags}).settings


async def _verify(file: Path, settings: Settings) -> Verification:
    problems = read_problems(problem_sources(settings), skip_bad=on_bad(settings))
    sandbox = find_sandbox(unsafe=settings.unsafe_sandbox)
    async with Judge(sandbox, limits_of(settings)) as judge:
        return await verify(read_export(file), problems, judge)


def _show(verification: Verification) -> None:
    for proof in verification.broken:
        _print(f"{proof.answer.place}: {proof.answer.problem_id}: {_what_is_wrong(proof)}")
    _print(
        f"{verification.rows:,} rows: {verification.passed:,} pass,"
        f" {verification.untested:,} have no tests, {len(verification.broken):,} do not pass"
    )


def _what_is_wrong(proof: Proof) -> str:
    if proof.verdict is None:
        return "its problem is not among those given"
    return what_failed(proof.verdict)


def _print(line: str) -> None:
    Console().print(line, highlight=False, markup=False, soft_wrap=True)
