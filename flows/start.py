"""Where the program starts. Of a run, Prefect's server takes longest to be there: where none is
named, its process is begun before anything else is loaded; the sandbox is tried out beside that."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from flows import environment, look_at_no_certificates
from flows.loading import loading
from flows.streams import flush_standard_streams, hold_standard_streams
from pettingllms import keyboard_interrupts

_RUNS = frozenset({"collect", "rehearse"})
_NO_RUN = frozenset({"-h", "--help", "--version", "--dry-run", "--show-config"})


def main() -> int:
    """As `flows.cli.main`, with the words of the command line."""
    ended = _Ended()
    atexit.register(ended.leave)  # first, so that it is called last
    hold_standard_streams()
    _begin(sys.argv[1:])
    with loading():
        from flows.cli import main as run_program  # noqa: PLC0415 - see above

    with keyboard_interrupts():
        ended.exit_code = run_program()
    return ended.exit_code


class _Ended:
    """Once the program has come to its end, and whoever asked to be told of it was told."""

    exit_code: int | None = None

    def leave(self) -> None:
        """At once: thousands of modules are not taken apart one by one, which takes longer than
        some commands do."""
        if self.exit_code is not None:
            flush_standard_streams()
            os._exit(self.exit_code)


def _begin(words: Sequence[str]) -> None:
    """Start what these words will need, if that is sure; what hinders it is told where it is
    needed."""
    if (words and words[0] not in _RUNS and not words[0].startswith("-")) or _NO_RUN & {*words}:
        return
    from flows.home import home_without_server  # noqa: PLC0415 - nothing is loaded sooner than needed
    from flows.temporary_server import begun, use_server  # noqa: PLC0415 - as above
    from pettingllms.errors import FatalError  # noqa: PLC0415 - as above

    home, named = home_without_server(), environment().get("PREFECT_API_URL", "")
    if home is not None or named.startswith("http://"):
        look_at_no_certificates()
    if home is not None:
        with suppress(FatalError):
            begun.set(use_server(home, waits=False))
    with loading():
        from pettingllms.judge import begin_search  # noqa: PLC0415 - its program starts beside us

    begin_search()
