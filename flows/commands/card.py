"""`card FILE`: a data set card for the Hugging Face hub."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from flows.commands.terminal import command_parser
from pettingllms.errors import ExitCode
from pettingllms.export import read_stats
from pettingllms.export.download import fetch
from pettingllms.export.reading import read_export
from pettingllms.tools.dataset_card import render_card
from pettingllms.tools.rebuild import run_of_export, stats_beside

_DESCRIPTION = """\
Print the card of a data set for the Hugging Face hub: counts, models, and how
the rows were verified. Save it as README.md beside the file."""


def card_parser() -> argparse.ArgumentParser:
    parser = command_parser("card", "FILE", _DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="an exported file, or its URL")
    return parser


def card_command(arguments: Sequence[str]) -> int:
    file = fetch(card_parser().parse_args(arguments).file)
    run_of_export(file)
    sys.stdout.write(render_card(file.name, read_export(file), read_stats(stats_beside(file))))
    return ExitCode.COMPLETE
