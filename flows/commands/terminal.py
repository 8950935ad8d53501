"""What the commands have in common: their parsers, and a line on the terminal."""

from __future__ import annotations

import argparse

from rich.console import Console

from flows.flags import PROGRAM, HelpFormatter


def command_parser(name: str, operand: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"{PROGRAM} {name}",
        usage=f"%(prog)s {operand} ...",
        description=description,
        formatter_class=HelpFormatter,
    )


def print_line(line: str) -> None:
    Console().print(line, highlight=False, markup=False, soft_wrap=True)
