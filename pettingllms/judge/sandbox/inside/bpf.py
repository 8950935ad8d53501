"""BPF programs for seccomp: steps, conditions on the arguments of calls, and installing one.

A jump counts the steps that it passes over: `if_true` and `if_false` say how many, so that a
condition and the steps it guards belong together. A program is a tree of rules by the numbers of
calls: the kernel asks it for each number there is, whenever it is installed. Which calls are let
through is said in `seccomp` and in `process_filter`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Numbers = dict[str, tuple[int | None, int | None]]
"""Of system calls, by name: (x86_64, aarch64); None where the architecture lacks the call."""

Rule = tuple[int, list[bytes]]
"""The number of a system call, and the steps for it, of which the last is a return."""

LOAD, EQUALS, AT_LEAST, HAS_BITS, JUMP, RETURN = 0x20, 0x15, 0x35, 0x45, 0x05, 0x06
ALLOW, KILL_PROCESS, FAIL_WITH = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


@dataclass(frozen=True)
class Architecture:
    column: int
    audit_architecture: int


MACHINES = {"x86_64": Architecture(0, 0xC000003E), "aarch64": Architecture(1, 0xC00000B7)}


def this_machine() -> Architecture:
    """Raises OSError on a machine that is neither x86_64 nor aarch64."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no seccomp filter for {platform.machine()}")
    return machine


def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    # struct sock_filter: u16 code, u8 jt, u8 jf, u32 k
    return struct.pack("=HBBI", code, if_true, if_false, value)


def fail(error: int) -> bytes:
    return step(RETURN, FAIL_WITH | error)


ALLOWED, REFUSED = step(RETURN, ALLOW), fail(errno.EPERM)


def argument(index: int, *, high: bool = False) -> bytes:
    """Loads a half of one of the call's arguments."""
    # Both architectures are little-endian: the high half lies behind the low one.
    return step(LOAD, ARGUMENTS_AT + 8 * index + 4 * high)


def let_through(calls: Numbers, column: int) -> Iterator[Rule]:
    """Allows the calls, whatever their arguments."""
    for numbers in calls.values():
        number = numbers[column]
        if number is not None:
            yield number, [ALLOWED]


def is_low_half(index: int, value: int) -> list[bytes]:
    """Fails the call unless the low half of an argument is `value`."""
    # Where it is equal, the one step that refuses is passed over.
    return [argument(index), step(EQUALS, value, if_true=1), REFUSED]


def is_exactly(index: int, value: int) -> list[bytes]:
    """Fails the call unless both halves of an argument are those of `value`."""
    steps: list[bytes] = []
    for high in (False, True):
        half = value >> 32 if high else value & 0xFFFFFFFF
        steps += [argument(index, high=high), step(EQUALS, half, if_true=1), REFUSED]
    return steps


def one_of(index: int, values: Iterable[int], action: int = ALLOW) -> list[bytes]:
    """Does `action` when the low half of an argument is listed, fails the call otherwise."""
    steps = [argument(index)]
    for value in values:
        steps += [step(EQUALS, value, if_false=1), step(RETURN, action)]
    return [*steps, REFUSED]


def program(machine: Architecture, rules: Iterable[Rule]) -> bytes:
    """An array of `struct sock_filter`: `rules` for this architecture, EPERM for all other calls.
    Raises ValueError where two rules are of one call."""
    beginning = (
        step(LOAD, ARCHITECTURE_AT),
        # A process may switch to another architecture's calls, whose numbers mean other things.
        step(EQUALS, machine.audit_architecture, if_true=1),
        step(RETURN, KILL_PROCESS),
        step(LOAD, NUMBER_AT),
    )
    in_order = sorted(rules)
    if len({number for number, _ in in_order}) < len(in_order):
        raise ValueError("two rules are of one system call")
    return b"".join((*beginning, *_tree(in_order)))


def _tree(rules: Sequence[Rule]) -> list[bytes]:
    """Finds the rule of a number among those that are in order."""
    if len(rules) <= _FEW:
        return [*(part for rule in rules for part in _when(*rule)), REFUSED]
    middle = len(rules) // 2
    lower, upper = _tree(rules[:middle]), _tree(rules[middle:])
    # A condition passes over 255 steps at most, a jump over as many as there are.
    to_upper = (step(AT_LEAST, rules[middle][0], if_false=1), step(JUMP, len(lower)))
    return [*to_upper, *lower, *upper]


_FEW = 8  # are looked through one by one: a longer program takes longer to be made machine code


def _when(number: int, body: list[bytes]) -> list[bytes]:
    # Of another call all of the body is passed over.
    return [step(EQUALS, number, if_false=len(body)), *body]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


class Filter:
    """A program, ready to be installed after a fork."""

    def __init__(self, steps: bytes) -> None:
        self._steps = ctypes.create_string_buffer(steps, len(steps))
        self._program = _Program(len(steps) // 8, ctypes.addressof(self._steps))
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl

    def install(self) -> None:
        """Confines this process for good. Raises OSError where the kernel refuses."""
        # Without it only root may install a filter: a set-uid program would run under it.
        self._control(PR_SET_NO_NEW_PRIVS, 1)
        self._control(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(self._program))

    def _control(self, option: int, first: int, second: object = None) -> None:
        if self._prctl(option, ctypes.c_ulong(first), second or 0, 0, 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
