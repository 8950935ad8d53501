"""What the program does, one module a command. None needs Prefect before it runs a flow.

To add one, NAME: a module with `NAME_parser` and `NAME_command`, and one row here. A module is
imported when its command is called, so that none waits for what another needs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flows.loading import loading


@dataclass(frozen=True, slots=True)
class Command:
    """A word of the program: its line in the help, and `module`, where `NAME_parser` has its flags
    and `NAME_command` does what it is for."""

    summary: str
    module: str
    name: str

    def parser(self) -> argparse.ArgumentParser:
        return self._part("parser")()

    def run(self, words: Sequence[str]) -> int:
        """With the words after it; returns the exit code."""
        return self._part("command")(words)

    def _part(self, kind: str) -> Callable[..., Any]:
        with loading():
            module = import_module(self.module)
        return getattr(module, f"{self.name}_{kind}")


_SUMMARIES = {
    "collect": "the default: the word may be left out",
    "plan": "what a run would send and may cost",
    "models": "what the provider offers, and its price",
    "rehearse": "a run against a simulated provider",
    "problems": "what is understood of a problem file",
    "parts": "a collection in parts, on many machines",
    "doctor": "what is wrong here, and what to do",
    "report": "a page to look at what came out",
    "history": "all nights on one page",
    "verify": "judge an exported file again",
    "rebuild": "make an export again, for nothing",
    "trace": "where a row comes from",
    "cache": "look into the paid answers, drop or move them",
    "batches": "what is bought at half price, and is under way",
    "dataset": "one data set from all nights",
    "card": "a data set card for the Hugging Face hub",
    "completion": "commands and flags by the tab key",
}
COMMANDS: Mapping[str, Command] = {
    name: Command(summary, f"{__name__}.{name}", name) for name, summary in _SUMMARIES.items()
}
"""In the order of the help."""
