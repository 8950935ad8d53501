"""`parts N`: a collection in N parts, run by the workers of the pool."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from flows.commands.terminal import command_parser, print_line
from flows.flags import add_settings, given
from flows.interruption import until_interrupted
from flows.terminal import Terminal
from pettingllms.errors import ExitCode, OrchestratorError, SettingError
from pettingllms.settings import Settings, resolve

if TYPE_CHECKING:
    from flows.parts import Job, PartRun

_DESCRIPTION = """\
Start N runs of the deployment sft-collect/part on the Prefect server, each with
every Nth problem, and wait for them. Flags go to each run; whatever they leave
out comes from its worker's environment. The workers share answers, limits and
budget where all have the same SFT_REDIS_URL. A part that is lost with its
process is started again. With --output-dir, a folder or URL that all machines
reach, one export of all parts is made there at the end, with stats and report."""
_NOT_FLAGS = {"part"}


def parts_parser() -> argparse.ArgumentParser:
    parser = command_parser("parts", "N [--api-type TYPE] [--problems FILE ...]", _DESCRIPTION)
    parser.add_argument("parts", type=int, metavar="N", help="how many")
    add_settings(parser, [name for name in Settings.model_fields if name not in _NOT_FLAGS])
    return parser


def parts_command(arguments: Sequence[str]) -> int:
    flags = given(parts_parser().parse_args(arguments))
    parts: int = flags.pop("parts")
    if parts < 1:
        raise SettingError(f"{parts} parts are none.", "Name one for each worker, or more.")
    settings = resolve({"part": f"1/{parts}", **flags}).settings.model_dump(mode="json")
    job = asyncio.run(until_interrupted(_run_flow(parts, {name: settings[name] for name in flags})))
    Terminal().print(_table(job.parts))
    print_line(f"All of it: {job.export}" if job.export else job.why_none)
    return ExitCode.COMPLETE if job.is_complete else ExitCode.PARTIAL


async def _run_flow(parts: int, settings: dict[str, Any]) -> Job:
    from flows import orchestrator  # noqa: PLC0415 - the other commands need no Prefect
    from flows.parts import sft_collect_parts  # noqa: PLC0415 - the same

    if orchestrator.server_url() is None:
        raise OrchestratorError(
            "No Prefect server is named, and parts are run by its workers.",
            "Set PREFECT_API_URL, as docs/operations.md has it.",
        )
    async with orchestrator.session():
        running: Any = sft_collect_parts(parts, settings, return_state=True)
        outcome: Any = await (await running).aresult(raise_on_failure=False)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _table(runs: Sequence[PartRun]) -> Table:
    table = Table("Part", "Run", "State", "What it says", box=None, header_style="bold")
    for run in runs:
        style = "green" if run.is_complete else "yellow" if run.has_ended else "red"
        table.add_row(run.part, run.run, f"[{style}]{run.state}[/]", run.said)
    return table
