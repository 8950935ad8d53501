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

from . import beside, candidate, checker, interpreter, landlock, tester
from .bpf import Filter
from .channel import Channel
from .kernel import CPU_SLACK, PR_SET_PDEATHSIG, resident_bytes
from .privileges import drop_capabilities, shed_root, thread_limit
from .scratch import Folder, Scratch
from .seccomp import candidate_filter

ROLES: dict[str, Callable[[Channel], None]] = {
    "candidate": candidate.serve,
    "tested": candidate.serve_tests,
    "beside": beside.serve,
    "program": candidate.run_program,
    "tester": tester.serve,
    "checker": checker.serve,
}
WARM_MODULES = (
    "array", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses", "datetime",
    "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "io", "itertools", "json",
    "math", "numbers", "operator", "queue", "random", "re", "statistics", "string", "struct",
    "textwrap", "threading", "time", "traceback", "types", "typing",
)  # fmt: skip
CHANNEL = 3
OPEN_FILES = 64
THREAD_STACK_BYTES = 8 << 20
STACK_SHARE = 2  # of the memory: who recurses without end meets this limit first
RESERVED_BYTES = 4 << 30  # addresses that nobody uses, as stacks of threads; hosts count memory


class Zygote:
    """The control loop: strictly one answer to one request."""

    def __init__(
        self,
        control: socket.socket,
        seccomp: Filter | None,
        threads: int,
        scratch: Scratch | Folder,
    ) -> None:
        self._control = control
        self._seccomp = seccomp
        self._scratch = scratch
        self._threads = threads
        self._prctl = ctypes.CDLL(None).prctl
        self._fork = ctypes.PyDLL(None, use_errno=True).fork
        self._children: set[int] = set()

    def serve(self) -> None:
        """Answers until the host is gone; then ends what still runs."""
        while True:
            packet, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 3)
            if not packet:
                break
            reply, handles = self._answer(json.loads(packet), descriptors)
            message = json.dumps(reply).encode()
            if handles:
                socket.send_fds(self._control, [message], handles)
            else:
                self._control.send(message)
            for handle in handles:
                os.close(handle)
        for pid in self._children:
            reap(pid, 0)
        with suppress(OSError):
            self._scratch.renew()

    def _answer(
        self, request: dict[str, Any], descriptors: list[int]
    ) -> tuple[dict[str, Any], list[int]]:
        """The reply, and a handle of the new process: the host watches its memory."""
        if "reap" in request:
            return self._reap(request["reap"], request["patience_s"]), []
        try:
            pid = self._spawn(request, descriptors)
            return {"pid": pid}, [os.pidfd_open(pid)]
        except OSError as error:
            return {"error": f"no process could be started: {error}"}, []
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _reap(self, pid: int, patience_s: float) -> dict[str, Any]:
        self._children.remove(pid)
        ending = reap(pid, patience_s)
        if not self._children:
            try:
                self._scratch.renew()
            except OSError as error:
                return {"error": f"what an answer wrote could not be taken away: {error}"}
        return ending

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
            self._prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            # The signal comes for deaths from here on; the zygote may have died before.
            if os.getppid() != zygote:
                raise ProcessLookupError("the zygote is gone")
            take_descriptors(*descriptors)
            self._scratch.enter()
            drop_capabilities()
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
    # Whatever a child inherits it could write to, such as the socket that spawns children.
    os.closerange(CHANNEL + 1, 1024)


def set_limits(limits: dict[str, Any], threads: int) -> None:
    """Limits this process for good. One byte above `output_bytes` may be written, to show that."""
    for limit, most in (
        (resource.RLIMIT_CPU, math.ceil(limits["cpu_seconds"] * CPU_SLACK)),
        (resource.RLIMIT_AS, limits["memory_bytes"] + RESERVED_BYTES),
        (resource.RLIMIT_FSIZE, limits["output_bytes"] + 1),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_STACK, limits["memory_bytes"] // STACK_SHARE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)  # noqa: PLW2901
        resource.setrlimit(limit, (most, most))


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
        "peak_bytes": usage.ru_maxrss << 10,
    }


def _working_filter(*, may_write: bool, is_alone: bool) -> Filter | None:
    """The seccomp filter, if this machine takes it: a child tries it on."""
    with suppress(OSError):
        seccomp = candidate_filter(may_write=may_write, is_alone=is_alone)
        pid = os.fork()
        if pid == 0:
            with suppress(OSError):
                seccomp.install()
                os._exit(0)
            os._exit(1)
        _, status = os.waitpid(pid, 0)
        return seccomp if status == 0 else None
    return None


def _warm_up(folders: list[str], libraries: list[str], seed: int) -> None:
    for name in WARM_MODULES:
        importlib.import_module(name)
    sys.path.pop(0)
    sys.path += folders
    for name in libraries:
        with suppress(
            Exception
        ):  # one that is missing or broken is so for the answer that needs it
            importlib.import_module(name)
    random.seed(seed)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(seed)
    sys.argv, sys.orig_argv = [""], [sys.executable, candidate.SCRIPT]


def main() -> None:
    """Runs the zygote. `sys.argv[2]` is JSON: the paths that Landlock is to leave `readable` and
    the `scratch` folder, null for none; folders of `libraries`, and which of them to `warm`; the
    `seed` of random numbers."""
    control = socket.socket(fileno=0)
    places = json.loads(sys.argv[2])
    _warm_up(places["libraries"], places["warm"], places["seed"])
    _set_thread_stacks()
    # Python ignores it: a program would see an OSError, catch it, and go on.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        has_folder = places["readable"] is not None and places["scratch"] is not None
        scratch = Folder(places["scratch"]) if has_folder else Scratch(places["scratch"])
        shed_root()
        threads = thread_limit()
        resident_bytes = _resident()
        if places["readable"] is not None:
            folders = [scratch.path] if isinstance(scratch, Folder) else []
            landlock.confine_to_reading(places["readable"], folders)
    except OSError as error:
        control.send(json.dumps({"error": str(error)}).encode())
        return
    seccomp = _working_filter(may_write=places["scratch"] is not None, is_alone=not has_folder)
    interpreter.complete(starts_processes=seccomp is None)
    candidate.rehearse()
    greeting = {"ready": True, "has_seccomp": seccomp is not None, "resident_bytes": resident_bytes}
    greeting |= {"folder": scratch.path if isinstance(scratch, Folder) else None}
    control.send(json.dumps(greeting).encode())
    gc.collect()
    # The collector would touch every object, and each page of it be copied for each child.
    gc.freeze()
    Zygote(control, seccomp, threads, scratch).serve()


def _set_thread_stacks() -> None:
    """Gives threads the stacks they have anywhere, though the main thread's may grow larger."""
    libc, attributes = ctypes.CDLL(None), ctypes.create_string_buffer(128)
    with suppress(AttributeError):  # another library than glibc, with a default of its own
        libc.pthread_attr_init(attributes)
        libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(THREAD_STACK_BYTES))
        libc.pthread_setattr_default_np(attributes)


def _resident() -> int:
    """What this process has now. Its peak counts only where there is no /proc: a peak outlives
    `exec`, and would be that of whoever started this process, which may be large."""
    return resident_bytes("self") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
