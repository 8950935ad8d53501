"""`python -m flows.collect`: flags in, a run, a summary and an exit code out."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from rich.console import Console

from flows.commands import COMMANDS
from flows.flags import PROGRAM, HelpFormatter, add_config, add_settings, tell
from flows.plan_page import render_plan
from pettingllms.collection import Report, check
from pettingllms.errors import ExitCode, FatalError
from pettingllms.export.summary import render_summary
from pettingllms.planning import make_plan
from pettingllms.settings import Resolved, Settings, resolve

_DESCRIPTION = """\
Collect verified SFT data for code models: generate answers through a cached
client, run them against their tests in a sandbox, keep what passes."""
_EPILOG = """\
Values come from flags, then the environment (the names in brackets), then
--config FILE.toml, then the defaults. With nothing configured, the bundled
problems are run against recorded answers.

More commands: `verify FILE` judges an exported file again, `rebuild` makes an
export again for nothing, `card FILE` prints its card; see their --help.

Exit codes: 0 complete, 2 a wrong setting, 3 some rows failed, 4 nothing
accepted, 5 the budget is reached, 6 a row does not pass again, 10-16 files,
cache, sandbox, disk or Prefect, 20-28 the provider, 130 interrupted."""
_DEMO = """\
Demo: bundled problems, recorded answers, no key, no cost. With a real provider:
  export OPENAI_API_KEY=...
  python -m flows.collect --api-type openai --problems FILE.jsonl
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a collection, or a command; returns the exit code of `pettingllms.errors`."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    command = COMMANDS.get(words[0]) if words else None
    try:
        return command(words[1:]) if command else _collect(words)
    except FatalError as error:
        return tell(error)
    except KeyboardInterrupt:
        Console(stderr=True).print(
            "\nInterrupted. Every answer that arrived is kept: run the same command to go on."
        )
        return ExitCode.INTERRUPTED


def _collect(arguments: Sequence[str]) -> int:
    flags = vars(_parser().parse_args(arguments))
    dry_run = flags.pop("dry_run")
    return _run(resolve(flags), dry_run=dry_run)


def _run(resolved: Resolved, *, dry_run: bool) -> int:
    if resolved.is_embedded_demo:
        Console().print(_DEMO, highlight=False)
    if resolved.settings.api_key_block is None:
        check(resolved.settings)  # sooner than the flow would, which also needs Prefect for it
    if dry_run:
        return _show_plan(resolved.settings)
    report = asyncio.run(_run_flow(resolved.given()))
    Console().print(render_summary(report.stats, report.files))
    return tell(report.stopped_by) if report.stopped_by else report.exit_code


def _show_plan(settings: Settings) -> int:
    plan = asyncio.run(make_plan(check(settings)))
    Console().print(render_plan(plan))
    return ExitCode.COMPLETE


async def _run_flow(parameters: dict[str, Any]) -> Report:
    """The flow's report. Raises: the FatalError that kept it from having one."""
    from flows import orchestrator  # noqa: PLC0415 - the other commands need no Prefect
    from flows.collect import sft_collect  # noqa: PLC0415 - the same

    async with AsyncExitStack() as stack:
        with Console(stderr=True).status("Starting Prefect ..."):
            await stack.enter_async_context(orchestrator.session())
        state = await sft_collect(**parameters, return_state=True)
        outcome = await state.aresult(raise_on_failure=False)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage="%(prog)s [--api-type TYPE] [--problems FILE ...] ...",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_config(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be sent and what it may cost"
    )
    add_settings(parser, Settings.model_fields)
    return parser
