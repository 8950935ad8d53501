"""`collect`: flags in, a run, a summary and an exit code out."""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from threading import Thread
from typing import Any

from flows.ahead import (
    check_versions,
    flow_takes,
    named_server_answers,
    opened_before,
    report_of,
    working_ahead,
)
from flows.commands.plan import show_plan
from flows.commands.terminal import command_parser, print_line
from flows.config_page import show_config
from flows.flags import PROGRAM, add_collection, given, tell
from flows.home import home_without_server
from flows.interruption import until_interrupted
from flows.loading import loading
from flows.progress import reading_shown_on, shown_on
from flows.streams import let_go_of_stdout
from flows.summary_page import render_summary
from flows.temporary_server import begun, use_server
from flows.terminal import Terminal
from pettingllms.errors import OutputError, as_typed, reason
from pettingllms.run.batches import Submitted
from pettingllms.run.check import Checked, check
from pettingllms.run.collection import Report
from pettingllms.settings import Resolved, resolve

log = logging.getLogger(__name__)
_SHARED = ("httpx", "anyio")
"""What Prefect imports and SDKs look for among the modules that are loaded: never half of it."""
_LOADED_LATE = ("prefect.flow_engine", "prefect.task_engine")
"""By Prefect, when a flow runs."""
_LOADED_MEANWHILE = ("genai_prices.data_snapshot", "genai_prices.data")
"""What the run's end needs, while its beginning waits for Prefect's server."""
_DESCRIPTION = """\
Generate answers, run them against their tests in a sandbox, let the model
repair what fails, and export what passes."""
_DEMO = f"""\
Demo: bundled problems, recorded answers, no key, no cost. With a real provider:
  export OPENAI_API_KEY=...
  {PROGRAM} --api-type openai --problems FILE.jsonl
"""


def collect_parser() -> argparse.ArgumentParser:
    parser = command_parser("collect", "[--api-type TYPE] [--problems FILE ...]", _DESCRIPTION)
    add_collection(parser)
    return parser


def collect_command(arguments: Sequence[str]) -> int:
    flags = given(collect_parser().parse_args(arguments))
    is_dry, is_shown = flags.pop("dry_run"), flags.pop("show_config")
    resolved = resolve(flags)
    if is_shown:
        return show_config(resolved)
    if resolved.is_embedded_demo:
        Terminal().print(_DEMO, highlight=False)
    return show_plan(resolved) if is_dry else run_collection(resolved)


def run_collection(resolved: Resolved) -> int:
    has_key_here = resolved.settings.api_key_block is None
    with reading_shown_on(Terminal(stderr=True)) as on_read:  # sooner than Prefect is there
        checked = check(resolved.settings, on_read=on_read) if has_key_here else None
    report = asyncio.run(until_interrupted(_run(resolved, checked)))
    if isinstance(report, Submitted):
        print_line(as_typed(report.message))
        return report.exit_code
    _show_summary(report)
    for error in report.errors:
        tell(error)
    return report.exit_code


def _show_summary(report: Report) -> None:
    """The run is over, and its exit code its own, whether or not there is somebody to read."""
    try:
        Terminal().print(render_summary(report.stats, report.files))
    except OSError as error:
        let_go_of_stdout()
        if not isinstance(error, BrokenPipeError):
            place = report.files.place(report.files.stats)
            tell(OutputError(f"The summary cannot be printed: {reason(error)}. It is in {place}."))


async def _run(resolved: Resolved, checked: Checked | None) -> Report | Submitted:
    """The flow's report; what can be done before Prefect is there is done meanwhile. Raises: the
    FatalError that kept it from having one."""
    if begun.get() is None and (home := home_without_server()):
        begun.set(use_server(home))  # Prefect, once it is imported, has its own words for a home
    check_versions()
    is_reached = begun.get() is None and await named_server_answers()
    flow = partial(_run_flow, resolved.given(), checked, is_reached=is_reached)
    is_certain = is_reached or begun.get() is not None
    if checked is None or not is_certain or not flow_takes(checked, resolved):
        return await flow()
    async with working_ahead(checked) as collection:
        opened_before.set(collection)
        return await report_of(collection, flow(), log)


async def _run_flow(
    parameters: dict[str, Any], checked: Checked | None, *, is_reached: bool
) -> Report | Submitted:
    """Where its server `is_reached` already, it is not asked again. Raises: as `_run`."""
    terminal = Terminal(stderr=True, markup=False, highlight=False)
    async with AsyncExitStack() as stack:
        with Terminal(stderr=True).status("Starting Prefect ..."):
            _load(_SHARED)
            await asyncio.to_thread(_load, ("flows.orchestrator", "flows.flow", *_LOADED_LATE))
            from flows import orchestrator  # noqa: PLC0415 - it is loaded by now
            from flows.flow import checked_before, sft_collect, watched_by  # noqa: PLC0415 - as above

            await stack.enter_async_context(orchestrator.session(is_reached=is_reached))
        Thread(target=_load, args=(_LOADED_MEANWHILE,), daemon=True).start()
        if terminal.is_interactive:
            orchestrator.log_beside_display(terminal)
            watched_by.set(partial(shown_on, terminal))
        checked_before.set(checked)
        state = await sft_collect(**parameters, return_state=True)
        outcome = await state.aresult(raise_on_failure=False)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _load(modules: Sequence[str]) -> None:
    with loading():
        for name in modules:
            import_module(name)
