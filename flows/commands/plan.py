"""`plan`: what a run would send and may cost."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from flows.commands.terminal import command_parser
from flows.config_page import show_config
from flows.flags import add_config, add_settings, add_show_config, given
from flows.plan_page import render_plan
from flows.terminal import Terminal
from pettingllms.errors import ExitCode, MissingKeyError
from pettingllms.providers.credentials import NO_KEY
from pettingllms.run.check import Checked, check
from pettingllms.settings import Resolved, Settings, resolve
from pettingllms.tools.plan import make_plan

_DESCRIPTION = """\
Say what a collection with these flags would send and what it may cost. Sends
nothing, and needs no key; what the cache holds is not counted again."""


def plan_parser() -> argparse.ArgumentParser:
    parser = command_parser("plan", "[--api-type TYPE] [--problems FILE ...]", _DESCRIPTION)
    add_settings(parser, Settings.model_fields)
    add_config(parser)
    add_show_config(parser)
    return parser


def plan_command(arguments: Sequence[str]) -> int:
    flags = given(plan_parser().parse_args(arguments))
    is_shown = flags.pop("show_config")
    resolved = resolve(flags)
    return show_config(resolved) if is_shown else show_plan(resolved)


def show_plan(resolved: Resolved) -> int:
    with Terminal(stderr=True).status("Reading the problems ..."):
        plan = asyncio.run(make_plan(_checked(resolved.settings)))
    Terminal().print(render_plan(plan))
    return ExitCode.COMPLETE


def _checked(settings: Settings) -> Checked:
    try:
        return check(settings, writes=False)
    except MissingKeyError:
        return check(settings, NO_KEY, writes=False)
