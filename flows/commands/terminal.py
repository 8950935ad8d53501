"""What the commands have in common: how they are found, their parsers, a line on the terminal."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flows.flags import PROGRAM, Parser
from flows.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Command:
    """A word of the program: its line in the help, its flags, and what it does with the words
    after it; `run` returns the exit code."""

    summary: str
    parser: Callable[[], argparse.ArgumentParser]
    run: Callable[[Sequence[str]], int]


def command_parser(name: str, operand: str, description: str) -> argparse.ArgumentParser:
    return Parser(
        prog=f"{PROGRAM} {name}", usage=f"%(prog)s {operand} ...", description=description
    )


def print_line(line: str) -> None:
    Terminal().print(line, highlight=False, markup=False, soft_wrap=True)
