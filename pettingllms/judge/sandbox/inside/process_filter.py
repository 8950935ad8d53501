"""The system calls of programs that are started afresh: compilers, and what they made.

A program may compute, read, print and run threads, as a candidate may (see `seccomp`), and do
what the runtimes of Java, Go or JavaScript do beside that. It starts no process: the one `execve`
that is let through is known by the address its path stands at, which the program never learns. A
compiler, or a shell script, may start processes and write files. Neither has sockets, signals to
others, ptrace, keys, mounts or namespaces; nor can a process leave its group, which is ended as a
whole.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

from .seccomp import FREE, MACHINES, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER

Numbers = dict[str, tuple[int | None, int | None]]

LOAD, EQUALS, HAS_BITS, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL_PROCESS, FAIL_WITH = 0x7FFF0000, 0x80000000, 0x00050000
CLONE_THREAD = 0x10000

RUNTIME: Numbers = {
    "arch_prctl": (158, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "eventfd2": (290, 19),
    "timerfd_create": (283, 85), "timerfd_settime": (286, 86), "timerfd_gettime": (287, 87),
    "timer_create": (222, 107), "timer_settime": (223, 110), "timer_delete": (226, 111),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    "mincore": (27, 232), "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156),
    "getgroups": (115, 158), "getresuid": (118, 148), "getresgid": (120, 150), "capget": (125, 90),
    "ftruncate": (77, 46), "fadvise64": (221, 223), "fsync": (74, 82), "fdatasync": (75, 83),
    "umask": (95, 166), "chdir": (80, 49), "fchdir": (81, 50), "pause": (34, None),
    "rt_sigpending": (127, 136), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137),
    "copy_file_range": (326, 285), "getcpu": (309, 168), "msync": (26, 227), "statfs": (137, 43),
    "fstatfs": (138, 44), "sendfile": (40, 71), "getpriority": (140, 141), "preadv": (69, 69),
}  # fmt: skip
STARTING: Numbers = {
    "fork": (57, None), "vfork": (58, None), "clone": (56, 220), "execve": (59, 221),
    "wait4": (61, 260), "waitid": (247, 95), "pidfd_open": (434, 434),
}  # fmt: skip
WRITING: Numbers = {
    "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None),
    "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "creat": (85, None), "truncate": (76, 45), "link": (86, None), "linkat": (265, 37),
    "symlink": (88, None), "symlinkat": (266, 36), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53), "utimensat": (280, 88), "flock": (73, 32), "fallocate": (285, 47),
}  # fmt: skip
CLONE, CLONE3, EXECVE = (56, 220), (435, 435), (59, 221)
KILL, TGKILL, FCNTL, IOCTL, PRCTL = (62, 129), (234, 131), (72, 25), (16, 29), (157, 167)
PRLIMIT64, SOCKETPAIR = (302, 261), (53, 199)
AF_UNIX, STREAMS = 1, (1, 1 | 0x800, 1 | 0x80000, 1 | 0x80800)  # connected, and leading nowhere
FILE_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)  # duplicate, flags, locks; no owner for signals
TERMINAL_QUESTIONS = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
NAMING = (15, 16, 3, 23, 0x53564D41)  # of threads and mappings; is it dumpable, has it a capability


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


_ALLOW = _step(RETURN, ALLOW)
_REFUSE = _step(RETURN, FAIL_WITH | errno.EPERM)


def _argument(index: int, *, high: bool = False) -> bytes:
    return _step(LOAD, 16 + 8 * index + 4 * high)


def _when(number: int, *body: bytes) -> Iterator[bytes]:
    """Runs `body`, which must end in a return, for the system call `number`."""
    yield _step(EQUALS, number, if_false=len(body))
    yield from body


def _one_of(index: int, values: tuple[int, ...]) -> Iterator[bytes]:
    yield _argument(index)
    for value in values:
        yield _step(EQUALS, value, if_false=1)
        yield _ALLOW
    yield _REFUSE


def _is_address(index: int, address: int) -> Iterator[bytes]:
    for high in (False, True):
        half = address >> 32 if high else address & 0xFFFFFFFF
        yield from (_argument(index, high=high), _step(EQUALS, half, if_true=1), _REFUSE)
    yield _ALLOW


def program(column: int, audit: int, own_pid: int, path_at: int | None) -> bytes:
    """The filter as an array of `struct sock_filter`; with `path_at`, for a program that may start
    no other."""
    steps = [
        *(_step(LOAD, 4), _step(EQUALS, audit, if_true=1), _step(RETURN, KILL_PROCESS)),
        _step(LOAD, 0),
    ]
    allowed = FREE | RUNTIME | (STARTING | WRITING if path_at is None else {})
    for numbers in allowed.values():
        number = numbers[column]
        if number is not None:
            steps += _when(number, _ALLOW)
    if path_at is not None:
        is_thread = _step(HAS_BITS, CLONE_THREAD, if_false=1)
        steps += _when(CLONE[column], _argument(0), is_thread, _ALLOW, _REFUSE)
        steps += _when(EXECVE[column], *_is_address(0, path_at))
    steps += _when(CLONE3[column], _step(RETURN, FAIL_WITH | errno.ENOSYS))
    for signalling in (KILL, TGKILL):
        steps += _when(signalling[column], *_one_of(0, (own_pid,)))
    for call, index, values in (
        (FCNTL, 1, FILE_COMMANDS),
        (IOCTL, 1, TERMINAL_QUESTIONS),
        (PRCTL, 0, NAMING),
    ):
        steps += _when(call[column], *_one_of(index, values))
    is_unix = (_argument(0), _step(EQUALS, AF_UNIX, if_true=1), _REFUSE)
    steps += _when(SOCKETPAIR[column], *is_unix, *_one_of(1, STREAMS))
    steps += _when(PRLIMIT64[column], *_is_address(2, 0))
    return b"".join([*steps, _REFUSE])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def install(path_at: int | None) -> None:
    """Confines this process for good. Raises OSError where the kernel refuses."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no seccomp filter for {platform.machine()}")
    steps = program(machine.column, machine.audit_architecture, os.getpid(), path_at)
    buffer = ctypes.create_string_buffer(steps, len(steps))
    ready = _Program(len(steps) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, first, second in (
        (PR_SET_NO_NEW_PRIVS, 1, None),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(ready)),
    ):
        if libc.prctl(option, ctypes.c_ulong(first), second or 0, 0, 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
