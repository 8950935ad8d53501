"""What one check found: fine, or what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from pettingllms.errors import CollectError, ExitCode, FatalError


class Level(Enum):
    FINE = "fine"
    WARNING = "careful"
    PROBLEM = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """`exit_code` is what a collection would end with for it, 0 unless it is a problem."""

    name: str
    level: Level
    said: str
    remedy: str = ""
    exit_code: int = ExitCode.COMPLETE


def fine(name: str, said: str) -> Finding:
    return Finding(name, Level.FINE, said)


def warning(name: str, said: str, remedy: str) -> Finding:
    return Finding(name, Level.WARNING, said, remedy)


def problem(name: str, error: CollectError) -> Finding:
    code = error.exit_code if isinstance(error, FatalError) else ExitCode.UNEXPECTED
    return Finding(name, Level.PROBLEM, error.message, error.remedy, code)


def examine(name: str, check: Callable[[], str]) -> Finding:
    """What `check` says, or the FatalError that it raises."""
    try:
        return fine(name, check())
    except FatalError as error:
        return problem(name, error)
