"""`verify FILE`: judge an exported file again."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.commands.terminal import command_parser, print_line
from flows.flags import add_settings, given
from pettingllms.errors import ExitCode, SettingError, one_line
from pettingllms.export.download import fetch
from pettingllms.export.reading import read_export
from pettingllms.judge import Judge, find_sandbox
from pettingllms.judge.assess import what_failed
from pettingllms.run.check import limits_of
from pettingllms.run.prompts import with_language
from pettingllms.run.shards import published_problems
from pettingllms.settings import REPLAY, Settings, resolve
from pettingllms.tools.rebuild import run_of_export, settings_of
from pettingllms.tools.verify import Proof, Verification, verify

_DESCRIPTION = """\
Judge every row of an exported file again, and name those that no longer pass.
Problems and limits are those of the run, as the stats beside the file have
them; flags take their place. Exit code 6 where a row does not pass."""
_SETTINGS = (
    "problems",
    "skip_bad_records",
    *("map", "prompt_template", "untested", "where", "ids"),
    "judge_cpu_seconds",
    "judge_memory_mb",
    "time_factor",
    "strict_judge",
    "judge_python",
    "unsafe_sandbox",
)


def verify_parser() -> argparse.ArgumentParser:
    parser = command_parser("verify", "FILE", _DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="an exported file, or its URL")
    add_settings(parser, _SETTINGS)
    return parser


def verify_command(arguments: Sequence[str]) -> int:
    flags = given(verify_parser().parse_args(arguments))
    file = fetch(flags.pop("file"))
    verification = asyncio.run(_verify(file, _settings_of_export(file, flags)))
    _show(verification)
    return ExitCode.NOT_VERIFIED if verification.broken else ExitCode.COMPLETE


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
    whole_files = settings.model_copy(update={"num_episodes": None, "part": None})
    published = published_problems(whole_files)
    problems = (with_language(problem, settings.language) for problem in published)
    sandbox = find_sandbox(settings.unsafe_sandbox, settings.judge_python)
    async with Judge(sandbox, limits_of(settings), strict=settings.strict_judge) as judge:
        return await verify(read_export(file), problems, judge)


def _show(verification: Verification) -> None:
    for proof in verification.broken:
        name = one_line(proof.answer.problem_id)
        print_line(f"{proof.answer.place}: {name}: {_what_is_wrong(proof)}")
    print_line(
        f"{verification.rows:,} rows: {verification.passed:,} pass,{_agreed(verification)}"
        f" {verification.untested:,} have no tests, {len(verification.broken):,} do not pass"
    )


def _agreed(verification: Verification) -> str:
    """Of a file that has such rows."""
    agreed = verification.agreed
    return f" {agreed:,} do what most answers agreed on," if agreed else ""


def _what_is_wrong(proof: Proof) -> str:
    if proof.verdict is None:
        return "its problem is not among those given"
    return what_failed(proof.verdict)
