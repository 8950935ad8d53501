"""Verified SFT data for code models, from LLM APIs.

A program of ours that is still loading has nothing to say about Ctrl+C: it ends at once, as one
that the signal kills, and without a traceback. What can say more is within `keyboard_interrupts`.
"""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager

_PACKAGES = frozenset({"pettingllms", "flows", "deployments"})
_SCRIPT = "sft-collect"


@contextmanager
def keyboard_interrupts() -> Generator[None]:
    """Ctrl+C raises KeyboardInterrupt here, as it does where no program of ours is loading."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_program() -> bool:
    """Whether this process is one of ours: by its script, or by `python -m`, as long as Python
    looks for the module that it is to run."""
    first = sys.argv[0] if sys.argv else ""
    if first == "-m":
        return any(word.partition(".")[0] in _PACKAGES for word in sys.orig_argv)
    return first.rpartition("/")[2] == _SCRIPT


if _is_program() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is ignored, as under nohup, stays ignored
