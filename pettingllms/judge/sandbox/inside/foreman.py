"""Starts compilers, and the programs they made, one at a time, and sees them end.

Its control socket (descriptor 0, one JSON message a packet) brings a command and two descriptors;
its reply says how the command ended, what CPU time and memory it took, and the first and last of
what it said on descriptor 2. Nothing of a command is left when the reply goes out: its whole
process group is ended. The foreman itself never runs anybody's code, and ends with its host.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import resource
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

from . import landlock, process_filter
from .kernel import CPU_SLACK, PR_SET_PDEATHSIG, resident_bytes
from .privileges import CAPABILITY_VERSION_3, thread_limit

LOOK_S = 0.01  # between two looks at a program's memory
SAID_BYTES = 4096
OPEN_FILES = 256
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
PROT_WRITE, MAP_PRIVATE_ANONYMOUS = 3, 0x22


class Foreman:
    """The control loop: strictly one reply to one command."""

    def __init__(self, control: socket.socket, threads: int, places: dict[str, Any]) -> None:
        self._control = control
        self._threads = threads
        self._places = places
        self._libc = ctypes.CDLL(None)

    def serve(self) -> None:
        while True:
            packet, descriptors, _, _ = socket.recv_fds(self._control, 1 << 17, 2)
            if not packet:
                return
            reply = self._carry_out(json.loads(packet), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            if reply is None:
                return
            self._control.send(json.dumps(reply).encode())

    def _carry_out(self, order: dict[str, Any], descriptors: list[int]) -> dict[str, Any] | None:
        """None where the host is gone."""
        reading, writing = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(reading)
            os.close(writing)
            return {"error": f"no process could be started: {error}"}
        if pid == 0:
            self._become(order, [*descriptors, writing])
        os.close(writing)
        with suppress(OSError):
            # Here and in the child: whoever comes first, the group is there before it is needed.
            os.setpgid(pid, pid)
        try:
            return Watch(self._control, pid, reading, order["limits"]).until_it_ends()
        finally:
            os.close(reading)

    def _become(self, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
        try:
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            with suppress(PermissionError):
                os.setpgid(0, 0)
            take_descriptors(order["has_channels"], *descriptors)
            set_limits(order["limits"], self._threads)
            self._execute(order)
        except OSError as error:
            os.write(2, f"{order['argv'][0]}: {error.strerror}".encode())
        finally:
            os._exit(127)

    def _execute(self, order: dict[str, Any]) -> None:
        path, argv = order["argv"][0].encode(), [word.encode() for word in order["argv"]]
        variables = [f"{name}={value}".encode() for name, value in order["environment"].items()]
        place = _secret_place(self._libc, path)
        if self._places["user"] is not None:
            os.setresuid(*3 * [self._places["user"]])
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # which that has undone
        os.chdir(order["folder"])
        if self._places["executable"] is not None:
            readable = [*self._places["executable"], "/proc/self", order["folder"]]
            landlock.confine_to_running(readable, [order["writable"]] if order["writable"] else [])
        if self._places["needs_seccomp"]:
            process_filter.install(None if order["may_start"] else place)
        self._libc.execve(ctypes.c_void_p(place), _strings(argv), _strings(variables))
        raise OSError(ctypes.get_errno(), "cannot be run")


def _secret_place(libc: ctypes.CDLL, path: bytes) -> int:
    """Where `path` is put: an address that cannot be guessed, and is gone with this program."""
    hint = random.SystemRandom().randrange(1 << 33, 1 << 34) << 12
    libc.mmap.restype = ctypes.c_void_p
    size = len(path) + 1
    place = libc.mmap(ctypes.c_void_p(hint), ctypes.c_size_t(size), PROT_WRITE,
                      MAP_PRIVATE_ANONYMOUS, -1, ctypes.c_long(0))  # fmt: skip
    ctypes.memmove(place, path, size)
    return int(place)


def _strings(words: list[bytes]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * (len(words) + 1))(*words, None)


def take_descriptors(has_channels: bool, first: int, second: int, said: int) -> None:
    """The two given ones become 0 and 1; or 3 and 4, and 0 and 1 lead nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    sources = [null, null, said, first, second] if has_channels else [first, second, said]
    moved = [os.dup(source) for source in sources]
    high = max(*moved, 16)
    for number, source in enumerate(moved):
        os.dup2(source, high + 1 + number)
    for number in range(len(sources)):
        os.dup2(high + 1 + number, number)
    os.closerange(len(sources), 1024)


def set_limits(limits: dict[str, Any], threads: int) -> None:
    """Limits this process for good. One byte more may be written, to show that."""
    for limit, most in (
        (resource.RLIMIT_CPU, int(limits["cpu_seconds"] * CPU_SLACK) + 1),
        (resource.RLIMIT_DATA, limits["data_bytes"]),
        (resource.RLIMIT_FSIZE, limits["output_bytes"] + 1),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_STACK, limits["stack_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)  # noqa: PLW2901
        resource.setrlimit(limit, (most, most))
    for ignored in (signal.SIGXFSZ, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_DFL)


class Watch:
    """One command under way: drains what it says, looks at its memory and the clock."""

    def __init__(self, control: socket.socket, pid: int, said: int, limits: dict[str, Any]) -> None:
        self._control = control
        self._pid = pid
        self._said = said
        self._limits = limits
        self._first, self._last = b"", b""
        self._until = time.monotonic() + limits["wall_seconds"]
        self._stopped_for = ""

    def until_it_ends(self) -> dict[str, Any] | None:
        process = os.pidfd_open(self._pid)
        try:
            is_wanted = self._wait(process)
            code, cpu_seconds, peak_bytes = end_group(self._pid)
        finally:
            os.close(process)
        self._drain()
        return {
            "code": code,
            "cpu_seconds": cpu_seconds,
            "peak_bytes": peak_bytes,
            "stopped_for": self._stopped_for,
            "said": [part.decode(errors="replace") for part in (self._first, self._last)],
        } if is_wanted else None  # fmt: skip

    def _wait(self, process: int) -> bool:
        """Until the first process has ended, or has to be; False where the host is gone."""
        sources = [process, self._control.fileno(), self._said]
        while True:
            ready, _, _ = select.select(sources, [], [], LOOK_S)
            if self._control.fileno() in ready:
                return False
            if process in ready:
                return True
            if self._said in ready and not self._drain():
                sources.remove(self._said)
            self._stopped_for = self._reason_to_stop()
            if self._stopped_for:
                return True

    def _reason_to_stop(self) -> str:
        if time.monotonic() > self._until:
            return "time"
        return "memory" if resident_bytes(self._pid) > self._limits["memory_bytes"] else ""

    def _drain(self) -> bool:
        """Takes what was said, of which the beginning and the end are kept."""
        os.set_blocking(self._said, False)
        with suppress(BlockingIOError):
            while part := os.read(self._said, 1 << 16):
                room = SAID_BYTES - len(self._first)
                self._first += part[:room]
                self._last = (self._last + part[room:])[-SAID_BYTES:]
                if len(part) == 1 << 16:
                    return True
            return False
        return True


def end_group(pid: int) -> tuple[int, float, int]:
    """Ends whatever is left of a command: its exit code, CPU seconds and peak memory in all."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = peak = 0
    with suppress(ChildProcessError):
        while True:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            ended, status, usage = os.wait4(-1, 0)
            peak = max(peak, usage.ru_maxrss << 10)
            if ended == pid:
                code = os.waitstatus_to_exitcode(status)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return code, cpu_seconds, peak


def become(user: int | None) -> None:
    """Takes root's powers from this process. It stays root in its effective id, to read what root
    reads; commands are started as `user` altogether, whom RLIMIT_NPROC binds and who owns nothing.
    Raises OSError where the kernel refuses."""
    if user is None:
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capabilities cannot be given up")


def main() -> None:
    """Runs the foreman. `sys.argv[2]` is JSON: the paths that Landlock leaves `executable`, or
    null for none; whether seccomp is needed; the `user` of commands, null for one's own."""
    control = socket.socket(fileno=0)
    places = json.loads(sys.argv[2])
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    try:
        become(places["user"])
        threads = thread_limit()
    except OSError as error:
        control.send(json.dumps({"error": str(error)}).encode())
        return
    control.send(json.dumps({"ready": True, "has_seccomp": True}).encode())
    Foreman(control, threads, places).serve()
