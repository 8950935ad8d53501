"""What a script finds in any Python, and a child of the zygote would lack.

The builtins that `site` adds, `/dev/stdin` and its like (there is no `/proc` to lead them
anywhere), whole numbers of any length, a stack that starts at its own first frame (see `frames`);
and at the end what CPython does when it ends: nothing that was printed is lost.
"""

from __future__ import annotations

import atexit
import builtins
import errno
import gc
import io
import os
import site
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, NoReturn

from .frames import hide_own_frames

DESCRIPTORS = {
    f"{folder}{name}": descriptor
    for descriptor, stream in enumerate(("stdin", "stdout", "stderr"))
    for folder, name in (
        ("/dev/", stream),
        ("/dev/fd/", descriptor),
        ("/proc/self/fd/", descriptor),
    )
}


def complete(*, starts_processes: bool) -> None:
    """Once, in the zygote: what all its children share."""
    standard_streams()
    site.setquit()
    site.setcopyright()
    site.sethelper()
    sys.set_int_max_str_digits(0)
    builtins.open = io.open = _leading_to_descriptors(io.open)
    os.open = _leading_to_descriptors(os.open)
    hide_own_frames()
    if not starts_processes:
        _name_what_is_refused()


@cache
def standard_streams() -> tuple[io.TextIOWrapper, io.TextIOWrapper]:
    """A script's standard input and output, on descriptors 0 and 1 of a process that has files
    there. They are made once, over such files: each child would pay a hundred pages for its own.

    As CPython's on Linux, they translate no line ends, and bytes that are no UTF-8 pass through.
    """
    own = [os.dup(descriptor) for descriptor in (0, 1)]
    file = os.memfd_create("stream")
    try:
        os.dup2(file, 0)
        os.dup2(file, 1)
        return _stream(0, "r"), _stream(1, "w")
    finally:
        for descriptor, kept in enumerate(own):
            os.dup2(kept, descriptor)
            os.close(kept)
        os.close(file)


def _stream(descriptor: int, mode: str) -> io.TextIOWrapper:
    stream: Any = io.open(  # noqa: SIM115, UP020  # for good; `open` may be another by now
        descriptor, mode, encoding="utf-8", errors="surrogateescape", newline="\n", closefd=False
    )
    stream.buffer.raw.name = f"<std{'in' if mode == 'r' else 'out'}>"
    return stream


def _leading_to_descriptors(opens: Callable[..., Any]) -> Callable[..., Any]:
    """`open` or `os.open`, for which the standard streams have their usual names."""

    def open(file: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: A001  # it takes that place
        descriptor = None if isinstance(file, int) else DESCRIPTORS.get(str(file))
        if descriptor is not None:
            copy = os.dup(descriptor)
            return copy if opens is _os_open else opens(copy, *args, **kwargs)
        return opens(file, *args, **kwargs)

    return open


_os_open = os.open


def _name_what_is_refused() -> None:
    """Says in words what else would be `Operation not permitted`."""
    import _posixsubprocess  # noqa: PLC0415  # before `subprocess` takes its function

    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EPERM, "the sandbox starts no processes")

    for module, names in (
        (os, ("fork", "forkpty", "posix_spawn", "posix_spawnp")),
        (_posixsubprocess, ("fork_exec",)),
    ):
        for name in names:
            setattr(module, name, refuse)


def finish(namespace: dict[str, Any], streams: tuple[Any, ...]) -> None:
    """Ends a script as CPython does: threads, exit handlers, streams, and what it still holds.

    A file that nobody closed writes its rest when it is collected, and so does an object with a
    `__del__` of its own. `streams` are those the script began with.
    """
    if threading.active_count() > 1:
        threading._shutdown()  # pyright: ignore
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
    _flush((sys.stdout, *streams))
    for name in [*namespace]:
        if name not in ("__builtins__", "__loader__", "__name__"):
            namespace[name] = None
    gc.collect()
    left = gc.get_objects()
    for kind in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom):
        _flush(one for one in left if type(one) is kind)
    _flush((sys.stdout, *streams))


def _flush(streams: Any) -> None:
    for stream in streams:
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
