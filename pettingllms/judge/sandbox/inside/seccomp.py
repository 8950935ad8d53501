"""The system calls a candidate may make: to compute, to read, to run threads and event loops; and
to write files, where it has a folder of its own. All else is EPERM.

There is no fork, exec, signal to
anyone, ptrace, memfd, keyring, mount or namespace in the list, and so none is possible; of sockets
only a pair of connected streams, which lead nowhere else.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from .bpf import (
    ALLOWED,
    EQUALS,
    FAIL_WITH,
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

THREAD_FLAGS = (0x003D0F00, 0x007D0F00)  # what glibc and musl pass to clone for a thread
FILE_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)  # duplicate, flags, locks; no owner for signals
AF_UNIX = 1
STREAMS = (1, 1 | 0x800, 1 | 0x80000, 1 | 0x80800)  # connected, and how to open them
FIONBIO, FIONCLEX, FIOCLEX = 0x5421, 0x5450, 0x5451
RLIMIT_DATA, RLIMIT_STACK, RLIMIT_AS = 2, 3, 9
SEEM_DONE = FAIL_WITH | 0

FREE: Numbers = {
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
    "pause": (34, None), "rt_sigpending": (127, 136), "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
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
WRITING: Numbers = {
    "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None),
    "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "creat": (85, None), "truncate": (76, 45), "ftruncate": (77, 46), "fsync": (74, 82),
    "fdatasync": (75, 83), "fallocate": (285, 47), "copy_file_range": (326, 285),
    "symlink": (88, None), "symlinkat": (266, 36),
}  # fmt: skip
WRITING_ANYWHERE: Numbers = WRITING | {
    "flock": (73, 32), "link": (86, None), "linkat": (265, 37), "utimensat": (280, 88),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53),
}  # fmt: skip
"""With what reaches files that are not the answer's, were they to be seen: Landlock has no say."""
CLONE, FCNTL, PRLIMIT64, CLONE3 = (56, 220), (72, 25), (302, 261), (435, 435)
IOCTL, SENDTO, SOCKETPAIR = (16, 29), (44, 206), (53, 199)


def _allowed_if_null(index: int) -> list[bytes]:
    """Allows the call where an argument is 0, and goes on otherwise."""
    return [
        argument(index),
        step(EQUALS, 0, if_false=3),
        argument(index, high=True),
        step(EQUALS, 0, if_false=1),
        ALLOWED,
    ]


def _with_conditions(column: int) -> Iterator[Rule]:
    """The calls whose arguments matter. A program that raises its own limit of the stack, or of
    addresses, is told that it did: they are high already, and stay what they are."""
    own_limits = one_of(1, (RLIMIT_DATA, RLIMIT_STACK, RLIMIT_AS), SEEM_DONE)
    yield CLONE[column], one_of(0, THREAD_FLAGS)
    yield FCNTL[column], one_of(1, FILE_COMMANDS)
    yield IOCTL[column], one_of(1, (FIONBIO, FIONCLEX, FIOCLEX))
    yield SENDTO[column], [*is_exactly(4, 0), ALLOWED]
    yield SOCKETPAIR[column], [*is_low_half(0, AF_UNIX), *one_of(1, STREAMS)]
    yield PRLIMIT64[column], [*is_exactly(0, 0), *_allowed_if_null(2), *own_limits]
    yield CLONE3[column], [fail(errno.ENOSYS)]


def program(machine: Architecture, *, may_write: bool = False, is_alone: bool = True) -> bytes:
    """The filter as an array of `struct sock_filter`; `is_alone`: no other files are there."""
    writing = WRITING_ANYWHERE if is_alone else WRITING
    calls, column = FREE | writing if may_write else FREE, machine.column
    return whole_program(machine, (*let_through(calls, column), *_with_conditions(column)))


def candidate_filter(*, may_write: bool, is_alone: bool = True) -> Filter:
    """Raises OSError on a machine that is neither x86_64 nor aarch64."""
    return Filter(program(this_machine(), may_write=may_write, is_alone=is_alone))
