"""A warm Python that forks one process per answer or test, and never sees either.

Its control socket (descriptor 0, one JSON message a packet) knows two requests: `spawn`, with
three descriptors for the child (channel, stdin, stdout), and `reap`. Code, tests and expected
values travel over the channel, past the zygote, so that no child can find another's in the
memory it inherits. It ends when the host closes the socket.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import math
import os
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from . import candidate, landlock, tester
from .channel import Channel
from .privileges import shed_root, thread_limit
from .seccomp import Filter

ROLES: dict[str, Callable[[Channel], None]] = {
    "candidate": candidate.serve,
    "program": candidate.run_program,
    "tester": tester.serve,
}
WARM_MODULES = (
    "array", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses", "datetime",
    "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "io", "itertools", "json",
    "math", "numbers", "operator", "queue", "random", "re", "statistics", "string", "struct",
    "textwrap", "threading", "time", "traceback", "types", "typing",
)  # fmt: skip
CHANNEL = 3
CPU_SLACK = 1.25  # the kernel counts by clock ticks, and would stop some too soon
OPEN_FILES = 64
STACK_BYTES = 64 << 20
PR_SET_PDEATHSIG = 1


class Zygote:
    """The control loop: strictly one answer to one request."""

    def __init__(self, control: socket.socket, seccomp: Filter | None, threads: int) -> None:
        self._control = control
        self._seccomp = seccomp
        self._threads = threads
        self._libc = ctypes.CDLL(None)
        self._fork = ctypes.PyDLL(None, use_errno=True).fork
        self._children: set[int] = set()

    def serve(self) -> None:
        """Answers until the host is gone; then ends what still runs."""
        while True:
            packet, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 3)
            if not packet:
                break
            self._control.send(json.dumps(self._answer(json.loads(packet), descriptors)).encode())
        for pid in self._children:
            reap(pid, 0)

    def _answer(self, request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        if "reap" in request:
            self._children.remove(request["reap"])
            return reap(request["reap"], request["patience_s"])
        try:
            return {"pid": self._spawn(request, descriptors)}
        except OSError as error:
            return {"error": f"no process could be started: {error}"}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _spawn(self, request: dict[str, Any], descriptors: list[int]) -> int:
        """A plain fork: `os.fork` would run the hooks of threading and random in the child,
        two hundred page faults that a process with one thread can do without."""
        zygote = os.getpid()
        pid = self._fork()
        if pid < 0:
            raise OSError(ctypes.get_errno(), "fork")
        if pid == 0:
            self._become(request, descriptors, zygote)
        self._children.add(pid)
        return pid

    def _become(self, request: dict[str, Any], descriptors: list[int], zygote: int) -> NoReturn:
        try:
            self._confine(request, descriptors, zygote)
            ROLES[request["spawn"]](Channel(CHANNEL))
        finally:
            os._exit(1)

    def _confine(self, request: dict[str, Any], descriptors: list[int], zygote: int) -> None:
        """Ends this process by SIGKILL, a fault of the sandbox, where it cannot be confined."""
        try:
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != zygote:
                raise ProcessLookupError("the zygote is gone")
            take_descriptors(*descriptors)
            set_limits(request["limits"], self._threads)
            if self._seccomp is not None:
                self._seccomp.install()
        except (OSError, ValueError):
            os.kill(os.getpid(), signal.SIGKILL)


def take_descriptors(channel: int, stdin: int, stdout: int) -> None:
    """Leaves this process 0, 1, 2 and the channel, and closes all else: the control socket too."""
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, 1024)


def set_limits(limits: dict[str, Any], threads: int) -> None:
    """Limits this process for good. One byte above `output_bytes` may be written, to show that."""
    for limit, most in (
        (resource.RLIMIT_CPU, math.ceil(limits["cpu_seconds"] * CPU_SLACK)),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["output_bytes"] + 1),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_STACK, STACK_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)  # noqa: PLW2901
        resource.setrlimit(limit, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def reap(pid: int, patience_s: float) -> dict[str, Any]:
    """Waits `patience_s` for a child to end by itself, then kills it; its end and CPU seconds."""
    until = time.monotonic() + patience_s
    done, status, usage = os.wait4(pid, os.WNOHANG)
    while not done and time.monotonic() < until:
        time.sleep(0.001)
        done, status, usage = os.wait4(pid, os.WNOHANG)
    if not done:
        os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return {
        "code": code,
        "was_killed": not done,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }


def _working_filter() -> Filter | None:
    """The seccomp filter, if this machine takes it: a child tries it on."""
    with suppress(OSError):
        seccomp = Filter()
        pid = os.fork()
        if pid == 0:
            with suppress(OSError):
                seccomp.install()
                os._exit(0)
            os._exit(1)
        _, status = os.waitpid(pid, 0)
        return seccomp if status == 0 else None
    return None


def _warm_up() -> None:
    for name in WARM_MODULES:
        importlib.import_module(name)
    random.seed(0)
    sys.path.pop(0)
    sys.argv = [""]
    gc.collect()
    gc.freeze()


def main() -> None:
    """Runs the zygote. `sys.argv[2]`: JSON, the paths Landlock is to leave readable, or null."""
    control = socket.socket(fileno=0)
    readable = json.loads(sys.argv[2])
    _warm_up()
    try:
        shed_root()
        threads = thread_limit()
        if readable is not None:
            landlock.confine_to_reading(readable)
    except OSError as error:
        control.send(json.dumps({"error": str(error)}).encode())
        return
    seccomp = _working_filter()
    control.send(json.dumps({"ready": True, "has_seccomp": seccomp is not None}).encode())
    Zygote(control, seccomp, threads).serve()
