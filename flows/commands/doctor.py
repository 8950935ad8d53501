"""`doctor`: whether a collection can succeed, and what to do where it cannot."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence

from rich.text import Text

from flows.commands.terminal import command_parser
from flows.flags import PROGRAM, add_config, add_settings, given
from flows.prefect_check import examine_prefect
from flows.terminal import Terminal
from pettingllms.errors import ExitCode, FatalError
from pettingllms.settings import Resolved, Settings, resolve
from pettingllms.tools import doctor
from pettingllms.tools.doctor import Finding, Level

_DESCRIPTION = """\
Check this machine, the settings, the key and the provider: each line is fine,
or says what to do. Takes the flags of a collection; shows no key, and asks for
nothing that costs without --call. Exit code 0, or that of the first thing that
would stop a collection."""
_STYLES = {Level.FINE: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}
_CAN = "A collection can start."
_CANNOT = "A collection cannot start: first set right what is wrong above."
_NAME_WIDTH = 13
_LEVEL_WIDTH = 8


def doctor_parser() -> argparse.ArgumentParser:
    parser = command_parser("doctor", "[--api-type TYPE] [--problems FILE ...]", _DESCRIPTION)
    add_settings(parser, Settings.model_fields)
    add_config(parser)
    parser.add_argument(
        "--call", action="store_true", help="ask for one token; this is paid for like any other"
    )
    return parser


def doctor_command(arguments: Sequence[str]) -> int:
    flags = given(doctor_parser().parse_args(arguments))
    with_call: bool = flags.pop("call")
    return asyncio.run(_show(_examine(resolve(flags), with_call=with_call)))


async def _examine(resolved: Resolved, *, with_call: bool) -> AsyncGenerator[Finding]:
    """One after another; Prefect, which takes longest to load, is looked at beside the sandbox."""
    settings = resolved.settings
    looking = asyncio.create_task(examine_prefect())
    yield doctor.examine_python()
    for finding in doctor.examine_packages():
        yield finding
    yield await doctor.examine_sandbox(settings)
    prefect = await looking
    yield doctor.examine_languages()
    yield doctor.examine_libraries(settings)
    yield doctor.examine_output(settings)
    yield doctor.examine_cache(settings)
    for finding in await doctor.examine_sharing(settings):
        yield finding
    yield prefect
    yield doctor.examine_keys()
    if resolved.is_embedded_demo:
        yield doctor.warning("Provider", "none is named: a collection is the demo", _TO_NAME_ONE)
    elif settings.api_key_block is None or prefect.exit_code == ExitCode.COMPLETE:
        for finding in await _examine_provider(settings, with_call=with_call):
            yield finding
    yield doctor.examine_problems(settings)


async def _examine_provider(settings: Settings, *, with_call: bool) -> list[Finding]:
    try:
        key = await _key(settings.api_key_block)
    except FatalError as error:
        return [doctor.problem("Key", error)]
    return await doctor.examine_provider(settings, key, with_call=with_call)


async def _key(block: str | None) -> str | None:
    """Raises: SettingError where there is no such block."""
    if block is None:
        return None
    from flows.tasks import key_in_block  # noqa: PLC0415 - loads Prefect

    return await key_in_block(block)


_TO_NAME_ONE = f"For a real one: export OPENAI_API_KEY=..., then {PROGRAM} doctor --api-type openai"


async def _show(findings: AsyncGenerator[Finding]) -> int:
    console, exit_code = Terminal(), int(ExitCode.COMPLETE)
    async for finding in findings:
        console.print(_lines(finding, console), soft_wrap=True)
        exit_code = exit_code or finding.exit_code
    console.print(f"\n{_CANNOT if exit_code else _CAN}")
    return exit_code


def _lines(finding: Finding, console: Terminal) -> Text:
    indent = _LEVEL_WIDTH + _NAME_WIDTH + 2
    head = f"{finding.level.value:{_LEVEL_WIDTH}}{finding.name:{_NAME_WIDTH}}  "
    lines = Text(console.wrapped(head + finding.said, indent))
    lines.stylize(_STYLES[finding.level], 0, _LEVEL_WIDTH)
    if finding.remedy:
        lines.append("\n" + console.wrapped(" " * indent + finding.remedy, indent), "dim")
    return lines
