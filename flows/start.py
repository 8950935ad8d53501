"""Where the program starts. Of a run, Prefect's server takes longest to be there: where none is
named, its process is begun before anything else is loaded."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from flows import home_without_server
from flows.loading import loading
from flows.streams import hold_standard_streams
from flows.temporary_server import begun, use_server
from pettingllms.errors import FatalError

_RUNS = frozenset({"collect", "rehearse"})
_NO_RUN = frozenset({"-h", "--help", "--version", "--dry-run", "--show-config"})


def main() -> int:
    """As `flows.cli.main`, with the words of the command line."""
    hold_standard_streams()
    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is loaded that could say a word
    _begin(sys.argv[1:])
    with loading():
        from flows.cli import main as run_program  # noqa: PLC0415 - see above

    if is_usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run_program()


def _begin(words: Sequence[str]) -> None:
    """Start the server that these words will need, if that is sure; what hinders it is told where
    it is needed."""
    is_run = not words or words[0] in _RUNS or words[0].startswith("-")
    home = home_without_server() if is_run and not _NO_RUN & {*words} else None
    if home is not None:
        with suppress(FatalError):
            begun.set(use_server(home, waits=False))
