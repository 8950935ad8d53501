"""The system calls a candidate may make: to compute, to read, to run threads; all else is EPERM.

Builds the BPF program for x86_64 and aarch64 and installs it. There is no fork, exec, socket,
signal to anyone, ptrace, memfd, keyring, mount or namespace in the list, and so none is possible.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
THREAD_FLAGS = (0x003D0F00, 0x007D0F00)  # what glibc and musl pass to clone for a thread
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030

LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06
ALLOW, KILL_PROCESS, FAIL_WITH = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16

# name: (x86_64, aarch64); None where the architecture lacks the call
FREE: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "lseek": (8, 62),
    "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "pwrite64": (18, 68),
    "open": (2, None), "openat": (257, 56), "stat": (4, None), "fstat": (5, 80),
    "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "getdents64": (217, 61),
    "readlink": (89, None), "readlinkat": (267, 78), "getcwd": (79, 17),
    "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None),
    "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73), "select": (23, None),
    "pselect6": (270, 72),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216),
    "madvise": (28, 233), "brk": (12, 214), "membarrier": (324, 283),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "alarm": (37, None), "getitimer": (36, 102),
    "setitimer": (38, 103), "restart_syscall": (219, 128),
    "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293),
    "set_tid_address": (218, 96), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "gettid": (186, 178), "exit": (60, 93), "exit_group": (231, 94),
    "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "uname": (63, 160), "sysinfo": (99, 179),
    "getrlimit": (97, 163), "getrusage": (98, 165), "times": (100, 153),
    "time": (201, None), "gettimeofday": (96, 169), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "getrandom": (318, 278),
}  # fmt: skip
CLONE, FCNTL, PRLIMIT64, CLONE3 = (56, 220), (72, 25), (302, 261), (435, 435)


@dataclass(frozen=True)
class Machine:
    column: int
    audit_architecture: int


MACHINES = {"x86_64": Machine(0, 0xC000003E), "aarch64": Machine(1, 0xC00000B7)}


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _fail(error: int) -> bytes:
    return _step(RETURN, FAIL_WITH | error)


def _when(number: int, body: list[bytes]) -> Iterator[bytes]:
    """Runs `body`, which must end in a return, for the system call `number`."""
    yield _step(EQUALS, number, if_false=len(body))
    yield from body


def _is_null(index: int) -> list[bytes]:
    """Fails the call unless both halves of an argument are 0."""
    steps: list[bytes] = []
    for half in (0, 4):
        steps += [_step(LOAD, ARGUMENTS_AT + 8 * index + half), _step(EQUALS, 0, if_true=1)]
        steps.append(_fail(errno.EPERM))
    return steps


def _one_of(index: int, values: tuple[int, ...]) -> list[bytes]:
    """Allows the call when the low half of an argument is listed, fails it otherwise."""
    steps = [_step(LOAD, ARGUMENTS_AT + 8 * index)]
    for value in values:
        steps += [_step(EQUALS, value, if_false=1), _step(RETURN, ALLOW)]
    return [*steps, _fail(errno.EPERM)]


def program(machine: Machine) -> bytes:
    """The filter as an array of `struct sock_filter`."""
    allow = _step(RETURN, ALLOW)
    steps = [
        _step(LOAD, ARCHITECTURE_AT),
        _step(EQUALS, machine.audit_architecture, if_true=1),
        _step(RETURN, KILL_PROCESS),
        _step(LOAD, NUMBER_AT),
    ]
    for numbers in FREE.values():
        number = numbers[machine.column]
        if number is not None:
            steps += _when(number, [allow])
    commands = (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC)
    steps += _when(CLONE[machine.column], _one_of(0, THREAD_FLAGS))
    steps += _when(FCNTL[machine.column], _one_of(1, commands))
    steps += _when(PRLIMIT64[machine.column], [*_is_null(0), *_is_null(2), allow])
    steps += _when(CLONE3[machine.column], [_fail(errno.ENOSYS)])
    return b"".join([*steps, _fail(errno.EPERM)])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


class Filter:
    """The program for this machine, ready to install after a fork.

    Raises OSError on a machine that is neither x86_64 nor aarch64.
    """

    def __init__(self) -> None:
        machine = MACHINES.get(platform.machine())
        if machine is None:
            raise OSError(errno.ENOSYS, f"no seccomp filter for {platform.machine()}")
        steps = program(machine)
        self._steps = ctypes.create_string_buffer(steps, len(steps))
        self._program = _Program(len(steps) // 8, ctypes.addressof(self._steps))
        self._libc = ctypes.CDLL(None, use_errno=True)

    def install(self) -> None:
        """Confines this process for good. Raises OSError where the kernel refuses."""
        self._control(PR_SET_NO_NEW_PRIVS, 1)
        self._control(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(self._program))

    def _control(self, option: int, first: int, second: object = None) -> None:
        if self._libc.prctl(option, ctypes.c_ulong(first), second or 0, 0, 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
