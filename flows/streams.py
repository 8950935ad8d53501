"""The standard streams of the program, where a caller has closed them or nobody reads."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_STANDARD = {0: "stdin", 1: "stdout", 2: "stderr"}


def hold_standard_streams() -> None:
    """What the caller has closed leads nowhere: else the next file to be opened, such as a
    database, would be taken for it by whatever prints, and by each process that is started."""
    for descriptor, name in _STANDARD.items():
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w"))


def let_go_of_stdout() -> None:
    """What could not be written there is not tried again as the program ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def flush_standard_streams() -> None:
    """What whoever reads them does not take any more is lost."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
