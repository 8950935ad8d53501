"""The system calls of programs that are started afresh: compilers, and what they made.

A program may compute, read, print and run threads, as a candidate may (see `seccomp`), and do
what the runtimes of Java, Go or JavaScript do beside that. It starts no process: the one `execve`
that is let through is known by the address its path stands at, which the program never learns. A
compiler, or a shell script, may start processes and write files. Neither has sockets, signals to
others, ptrace, keys, mounts or namespaces; nor can a process leave its group, which is ended as a
whole.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from .bpf import (
    ALLOWED,
    HAS_BITS,
    REFUSED,
    Architecture,
    Filter,
    Numbers,
    Rule,
    argument,
    fail,
    is_exactly,
    is_low_half,
    let_through,
    one_of,
    step,
    this_machine,
)
from .bpf import program as whole_program
from .seccomp import (
    AF_UNIX,
    CLONE,
    CLONE3,
    FCNTL,
    FILE_COMMANDS,
    FREE,
    IOCTL,
    PRLIMIT64,
    SOCKETPAIR,
    STREAMS,
    WRITING_ANYWHERE,
)

CLONE_THREAD = 0x10000
CONNECTED = (*STREAMS, *(kind | 4 for kind in STREAMS))  # SOCK_SEQPACKET: how Rust hears of a start

RUNTIME: Numbers = {
    "arch_prctl": (158, None),

    "timerfd_create": (283, 85), "timerfd_settime": (286, 86), "timerfd_gettime": (287, 87),
    "timer_create": (222, 107), "timer_settime": (223, 110), "timer_delete": (226, 111),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    "mincore": (27, 232), "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156),
    "getgroups": (115, 158), "getresuid": (118, 148), "getresgid": (120, 150), "capget": (125, 90),
    "ftruncate": (77, 46), "fadvise64": (221, 223), "fsync": (74, 82), "fdatasync": (75, 83),
    "pause": (34, None),
    "rt_sigpending": (127, 136), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137),
    "copy_file_range": (326, 285), "msync": (26, 227),
    "getpriority": (140, 141), "preadv": (69, 69),
}  # fmt: skip
STARTING: Numbers = {
    "fork": (57, None), "vfork": (58, None), "clone": (56, 220), "execve": (59, 221),
    "wait4": (61, 260), "waitid": (247, 95), "pidfd_open": (434, 434),
}  # fmt: skip
EXECVE, KILL, TGKILL, PRCTL = (59, 221), (62, 129), (234, 131), (157, 167)
TERMINAL_QUESTIONS = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
NAMING = (15, 16, 3, 23, 0x53564D41)  # of threads and mappings; is it dumpable, has it a capability


def program(machine: Architecture, own_pid: int, path_at: int | None) -> bytes:
    """The filter as an array of `struct sock_filter`; with `path_at`, for a program that may start
    no other."""
    calls = FREE | RUNTIME | (STARTING | WRITING_ANYWHERE if path_at is None else {})
    conditions = _with_conditions(machine.column, own_pid, path_at)
    return whole_program(machine, (*let_through(calls, machine.column), *conditions))


def _with_conditions(column: int, own_pid: int, path_at: int | None) -> Iterator[Rule]:
    """The calls whose arguments matter."""
    if path_at is not None:
        is_thread = step(HAS_BITS, CLONE_THREAD, if_false=1)
        yield CLONE[column], [argument(0), is_thread, ALLOWED, REFUSED]
        yield EXECVE[column], [*is_exactly(0, path_at), ALLOWED]
    yield CLONE3[column], [fail(errno.ENOSYS)]
    for signalling in (KILL, TGKILL):
        yield signalling[column], one_of(0, (own_pid,))
    yield FCNTL[column], one_of(1, FILE_COMMANDS)
    yield IOCTL[column], one_of(1, TERMINAL_QUESTIONS)
    yield PRCTL[column], one_of(0, NAMING)
    yield SOCKETPAIR[column], [*is_low_half(0, AF_UNIX), *one_of(1, CONNECTED)]
    yield PRLIMIT64[column], [*is_exactly(2, 0), ALLOWED]


def install(path_at: int | None) -> None:
    """Confines this process for good. Raises OSError where the kernel refuses."""
    Filter(program(this_machine(), os.getpid(), path_at)).install()
