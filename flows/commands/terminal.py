"""What the commands have in common: their parsers, a line on the terminal."""

from __future__ import annotations

import argparse

from flows.flags import PROGRAM, Parser
from flows.terminal import Terminal


def command_parser(name: str, operand: str, description: str) -> argparse.ArgumentParser:
    return Parser(
        prog=f"{PROGRAM} {name}", usage=f"%(prog)s {operand} ...", description=description
    )


def print_line(line: str) -> None:
    Terminal().print(line, highlight=False, markup=False, soft_wrap=True)
