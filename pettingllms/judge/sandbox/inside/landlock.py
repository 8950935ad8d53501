"""Landlock: this process may read the listed paths, and write (but to /dev/null, and in a folder of
its own), run or connect to nothing.

Existence and metadata of other files stay visible (`stat` is beyond Landlock); contents do not.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Sequence

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, RULE_PATH_BENEATH, PR_SET_NO_NEW_PRIVS = 1, 1, 38
WRITE_FILE, READ_FILE, READ_DIRECTORY = 1 << 1, 1 << 2, 1 << 3
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
NEEDED_VERSION = 3  # the first that can refuse truncation

_FILE_RIGHTS = {3: (1 << 15) - 1, 4: (1 << 15) - 1}  # from 5 on also ioctl on devices
_ALL_FILE_RIGHTS = (1 << 16) - 1
_TCP_BIND_AND_CONNECT = 3
_SIGNALS_AND_ABSTRACT_SOCKETS = 3


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def version() -> int:
    """The ABI the kernel speaks; 0 where it has none."""
    try:
        return _call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ASK_VERSION))
    except OSError:
        return 0


def _create_ruleset(abi: int) -> int:
    rights = _Ruleset(
        files=_FILE_RIGHTS.get(abi, _ALL_FILE_RIGHTS),
        tcp=_TCP_BIND_AND_CONNECT if abi >= 4 else 0,
        scoped=_SIGNALS_AND_ABSTRACT_SOCKETS if abi >= 6 else 0,
    )
    # An older kernel refuses a struct that is longer than the one it knows.
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    return _call(CREATE_RULESET, ctypes.byref(rights), ctypes.c_size_t(size), ctypes.c_uint32(0))


def _allow(ruleset: int, path: str, file_rights: int = READ_FILE) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = _PathBeneath(file_rights | (READ_DIRECTORY if is_folder else 0), descriptor)
        kind = ctypes.c_int(RULE_PATH_BENEATH)
        _call(ADD_RULE, ctypes.c_int(ruleset), kind, ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def confine_to_reading(paths: Sequence[str], writable: Sequence[str] = ()) -> None:
    """Confines this process and its children for good.

    Raises OSError where the kernel lacks Landlock, speaks an ABI before 3, or refuses.
    """
    abi = version()
    if abi < NEEDED_VERSION:
        raise OSError(f"Landlock ABI {NEEDED_VERSION} is needed, this kernel has {abi}")
    ruleset = _create_ruleset(abi)
    for path in paths:
        _allow(ruleset, path)
    for path in DEVICES:
        _allow(ruleset, path, READ_FILE | WRITE_FILE)
    for path in writable:
        _grant(ruleset, path, _BUILDING & ~(EXECUTE | _MAKING_OTHER_KINDS))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


EXECUTE, REMOVING_AND_MAKING = 1 << 0, 0b1_0001_1011_0000
_MAKING_OTHER_KINDS = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11  # devices, sockets, pipes
_RUNNING = EXECUTE | READ_FILE | READ_DIRECTORY
_BUILDING = _RUNNING | REMOVING_AND_MAKING | 1 << 1 | 1 << 13 | 1 << 14
_USING = READ_FILE | 1 << 1
_OF_FILES = EXECUTE | READ_FILE | 1 << 1 | 1 << 14


def confine_to_running(executable: Sequence[str], writable: Sequence[str]) -> None:
    """Confines this process to run and read what lies under `executable`, to use what it finds in
    /dev there, and to make files under `writable`. Raises OSError as `confine_to_reading` does."""
    abi = version()
    if abi < NEEDED_VERSION:
        raise OSError(f"Landlock ABI {NEEDED_VERSION} is needed, this kernel has {abi}")
    ruleset = _create_ruleset(abi)
    for path in executable:
        _grant(ruleset, path, _USING if path.startswith("/dev/") else _RUNNING)
    for path in writable:
        _grant(ruleset, path, _BUILDING)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _grant(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        rule = _PathBeneath(rights, descriptor)
        kind = ctypes.c_int(RULE_PATH_BENEATH)
        _call(ADD_RULE, ctypes.c_int(ruleset), kind, ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)
