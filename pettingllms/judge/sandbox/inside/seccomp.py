"""The system calls a candidate may make: to compute, to read, to run threads and event loops; and
to write files, where it has a folder of its own. All else is EPERM.

Builds the BPF program for x86_64 and aarch64 and installs it. There is no fork, exec, signal to
anyone, ptrace, memfd, keyring, mount or namespace in the list, and so none is possible; of sockets
only a pair of connected streams, which lead nowhere else.
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
FILE_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)  # duplicate, flags, locks; no owner for signals
STREAMS = (1, 1 | 0x800, 1 | 0x80000, 1 | 0x80800)  # SOCK_STREAM, and how to open it
FIONBIO, FIONCLEX, FIOCLEX = 0x5421, 0x5450, 0x5451
RLIMIT_DATA, RLIMIT_STACK, RLIMIT_AS = 2, 3, 9

AF_UNIX = 1
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06
ALLOW, KILL_PROCESS, FAIL_WITH = 0x7FFF0000, 0x80000000, 0x00050000
SEEM_DONE = FAIL_WITH | 0
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
    "getrandom": (318, 278), "getcpu": (309, 168),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "eventfd2": (290, 19),
    "recvfrom": (45, 207), "shutdown": (48, 210), "getsockname": (51, 204),
    "getpeername": (52, 205), "getsockopt": (55, 209), "chdir": (80, 49), "fchdir": (81, 50),
    "statfs": (137, 43), "fstatfs": (138, 44), "umask": (95, 166), "sendfile": (40, 71),
}  # fmt: skip
WRITING: dict[str, tuple[int | None, int | None]] = {
    "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None),
    "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "creat": (85, None), "truncate": (76, 45), "ftruncate": (77, 46), "fsync": (74, 82),
    "fdatasync": (75, 83), "fallocate": (285, 47), "copy_file_range": (326, 285),
    "flock": (73, 32), "link": (86, None), "linkat": (265, 37), "symlink": (88, None),
    "symlinkat": (266, 36), "utimensat": (280, 88), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53),
}  # fmt: skip
CLONE, FCNTL, PRLIMIT64, CLONE3 = (56, 220), (72, 25), (302, 261), (435, 435)
IOCTL, SENDTO, SOCKETPAIR = (16, 29), (44, 206), (53, 199)


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


def _one_of(index: int, values: tuple[int, ...], action: int = ALLOW) -> list[bytes]:
    """Does `action` when the low half of an argument is listed, fails the call otherwise."""
    steps = [_step(LOAD, ARGUMENTS_AT + 8 * index)]
    for value in values:
        steps += [_step(EQUALS, value, if_false=1), _step(RETURN, action)]
    return [*steps, _fail(errno.EPERM)]


def _allowed_if_null(index: int) -> list[bytes]:
    """Allows the call where an argument is 0, and goes on otherwise."""
    return [
        _step(LOAD, ARGUMENTS_AT + 8 * index),
        _step(EQUALS, 0, if_false=3),
        _step(LOAD, ARGUMENTS_AT + 8 * index + 4),
        _step(EQUALS, 0, if_false=1),
        _step(RETURN, ALLOW),
    ]


def _is(index: int, value: int) -> list[bytes]:
    """Fails the call unless the low half of an argument is `value`."""
    argument = _step(LOAD, ARGUMENTS_AT + 8 * index)
    return [argument, _step(EQUALS, value, if_true=1), _fail(errno.EPERM)]


def _with_conditions(machine: Machine) -> Iterator[bytes]:
    """The calls whose arguments matter. A program that raises its own limit of the stack, or of
    addresses, is told that it did: they are high already, and stay what they are."""
    allow, column = _step(RETURN, ALLOW), machine.column
    own_limits = _one_of(1, (RLIMIT_DATA, RLIMIT_STACK, RLIMIT_AS), SEEM_DONE)
    yield from _when(CLONE[column], _one_of(0, THREAD_FLAGS))
    yield from _when(FCNTL[column], _one_of(1, FILE_COMMANDS))
    yield from _when(IOCTL[column], _one_of(1, (FIONBIO, FIONCLEX, FIOCLEX)))
    yield from _when(SENDTO[column], [*_is_null(4), allow])
    yield from _when(SOCKETPAIR[column], [*_is(0, AF_UNIX), *_one_of(1, STREAMS)])
    yield from _when(PRLIMIT64[column], [*_is_null(0), *_allowed_if_null(2), *own_limits])
    yield from _when(CLONE3[column], [_fail(errno.ENOSYS)])


def program(machine: Machine, *, may_write: bool = False) -> bytes:
    """The filter as an array of `struct sock_filter`."""
    allow = _step(RETURN, ALLOW)
    steps = [
        _step(LOAD, ARCHITECTURE_AT),
        _step(EQUALS, machine.audit_architecture, if_true=1),
        _step(RETURN, KILL_PROCESS),
        _step(LOAD, NUMBER_AT),
    ]
    for numbers in (FREE | WRITING if may_write else FREE).values():
        number = numbers[machine.column]
        if number is not None:
            steps += _when(number, [allow])
    return b"".join([*steps, *_with_conditions(machine), _fail(errno.EPERM)])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


class Filter:
    """The program for this machine, ready to install after a fork.

    Raises OSError on a machine that is neither x86_64 nor aarch64.
    """

    def __init__(self, *, may_write: bool) -> None:
        machine = MACHINES.get(platform.machine())
        if machine is None:
            raise OSError(errno.ENOSYS, f"no seccomp filter for {platform.machine()}")
        steps = program(machine, may_write=may_write)
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
