"""`python -m flows.collect`: flags in, a run, a summary and an exit code out."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from pydantic.fields import FieldInfo
from rich.console import Console
from rich.markup import escape
from rich_argparse import RawDescriptionRichHelpFormatter

from flows import orchestrator
from flows.collect import sft_collect
from pettingllms.collection import Report, check
from pettingllms.errors import ExitCode, FatalError
from pettingllms.export.summary import render_summary
from pettingllms.settings import (
    CONFIG_ENV,
    Resolved,
    Settings,
    environment_name,
    group_of,
    resolve,
)

_DESCRIPTION = """\
Collect verified SFT data for code models: generate answers through a cached
client, run them against their tests in a sandbox, keep what passes."""
_EPILOG = """\
Values come from flags, then the environment (the names in brackets), then
--config FILE.toml, then the defaults. With nothing configured, the bundled
problems are run against recorded answers.

Exit codes: 0 complete, 2 a wrong setting, 3 some rows failed, 4 nothing
accepted, 10-16 files, cache, sandbox, disk or Prefect, 20-28 the provider,
130 interrupted."""
_DEMO = """\
Demo: bundled problems, recorded answers, no key, no cost. With a real provider:
  export OPENAI_API_KEY=...
  python -m flows.collect --api-type openai --problems FILE.jsonl
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a collection; returns the exit code of `pettingllms.errors`."""
    flags = vars(_parser().parse_args(arguments))
    try:
        resolved = resolve(flags)
        return _run(resolved)
    except FatalError as error:
        return _fail(error)
    except KeyboardInterrupt:
        Console(stderr=True).print(
            "\nInterrupted. Every answer that arrived is kept: run the same command to go on."
        )
        return ExitCode.INTERRUPTED


def _run(resolved: Resolved) -> int:
    if resolved.is_embedded_demo:
        Console().print(_DEMO, highlight=False)
    if resolved.settings.api_key_block is None:
        check(resolved.settings)  # sooner than the flow would, which also needs Prefect for it
    report = asyncio.run(_run_flow(resolved.given()))
    Console().print(render_summary(report.stats, report.files))
    return _fail(report.stopped_by) if report.stopped_by else report.exit_code


async def _run_flow(parameters: dict[str, Any]) -> Report:
    """The flow's report. Raises: the FatalError that kept it from having one."""
    async with AsyncExitStack() as stack:
        with Console(stderr=True).status("Starting Prefect ..."):
            await stack.enter_async_context(orchestrator.session())
        state = await sft_collect(**parameters, return_state=True)
        outcome = await state.aresult(raise_on_failure=False)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _fail(error: FatalError) -> int:
    console = Console(stderr=True)
    console.print(f"[bold red]error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
    if error.remedy:
        console.print(escape(error.remedy), highlight=False, soft_wrap=True)
    return error.exit_code


class _HelpFormatter(RawDescriptionRichHelpFormatter):
    group_name_formatter = str

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flows.collect",
        usage="%(prog)s [--api-type TYPE] [--problems FILE ...] ...",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_HelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE.toml", help=f"settings file [{CONFIG_ENV}]")
    groups: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        title = group_of(field)
        group = groups.setdefault(title, None) or parser.add_argument_group(title)
        groups[title] = group
        group.add_argument(f"--{name.replace('_', '-')}", dest=name, **_argument(name, field))
    return parser


def _argument(name: str, field: FieldInfo) -> dict[str, Any]:
    """How argparse reads one setting; values stay text, which the settings table then checks."""
    help_text = f"{field.description} [{environment_name(field)}]{_default_of(field)}"
    shape: dict[str, Any] = {"default": None, "help": help_text.replace("%", "%%")}
    if field.annotation is bool:
        return {**shape, "action": argparse.BooleanOptionalAction}
    if name == "problems":
        return {**shape, "nargs": "+", "metavar": "SOURCE"}
    annotation: Any = field.annotation
    is_number = annotation in (int, float, int | None)
    return {**shape, "metavar": "N" if is_number else name.rsplit("_", 1)[-1].upper()}


def _default_of(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value in (None, False, ()):
        return ""
    text = str(value)
    return f" (default: {text if len(text) < 50 else text[:47] + '...'})"
