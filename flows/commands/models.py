"""`models`: what the provider offers, and what it costs."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from rich.table import Table

from flows.commands.terminal import command_parser
from flows.flags import add_config, add_settings, given
from flows.terminal import Terminal
from pettingllms.engine.catalog import CatalogEntry, entry
from pettingllms.engine.preflight import offered_now
from pettingllms.errors import ExitCode, SettingError
from pettingllms.records.expenses import plain_number
from pettingllms.run.check import check_provider
from pettingllms.settings import resolve
from pettingllms.utils.api_client import client_class

_DESCRIPTION = """\
List the models that the provider offers now: US dollars for a million tokens in
and out, the same as a batch (flex costs as much, where OpenAI has it), how many
tokens a conversation may have, which think unasked, and when each retires."""
_SETTINGS = ("api_type", "base_url", "timeout")


def models_parser() -> argparse.ArgumentParser:
    parser = command_parser("models", "[--api-type TYPE] [--base-url URL]", _DESCRIPTION)
    add_config(parser)
    add_settings(parser, _SETTINGS)
    return parser


def models_command(arguments: Sequence[str]) -> int:
    config = check_provider(resolve(given(models_parser().parse_args(arguments))).settings)
    client = client_class(config.api_type)(config)

    async def offered() -> list[CatalogEntry]:
        try:
            models = await offered_now(client)
        finally:
            await client.aclose()
        if models is None:
            raise SettingError(
                f"{config.base_url or config.api_type} lists no models.",
                "Name one with API_MODEL (--model); its own pages say which it has.",
            )
        return [entry(config.api_type, model) for model in models]

    Terminal().print(_table(asyncio.run(offered())))
    return ExitCode.COMPLETE


def _table(entries: Sequence[CatalogEntry]) -> Table:
    table = Table("model", box=None, pad_edge=False, header_style="bold")
    for title in ("in", "out", "batch in", "batch out", "context"):
        table.add_column(title, justify="right")
    table.add_column("thinks")
    table.add_column("until")
    for each in sorted(entries, key=lambda each: each.name):
        table.add_row(
            each.name,
            *_dollars(each.price),
            *_dollars(each.batch),
            f"{each.context:,}" if each.context else "-",
            "yes" if each.thinks else "",
            str(each.until or ""),
        )
    return table


def _dollars(price: tuple[float, float] | None) -> tuple[str, str]:
    return (plain_number(price[0]), plain_number(price[1])) if price else ("-", "-")
