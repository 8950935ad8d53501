"""What one answer may use."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pettingllms.records import StatedLimits

TIME_FACTOR = 5.0
"""Contests set their limits for C++."""
_LEAST_SECONDS, _LEAST_MEMORY_MB = 1.0, 128
_MEMORY_FACTOR = 2
"""A Python of 64 bits needs twice the memory of those that contest servers had."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The share of each process an answer runs in: all its calls, or one run of a program.

    CPU time decides; wall time (seconds, sleep included) leaves room for a busy machine.
    `memory_mb` is resident memory in MiB, beside what a warm interpreter has; addresses that are
    only reserved, as the stacks of threads are, count for nothing. `output_bytes` bounds what a
    program prints, and the encoded form of what a function returns. What a problem states is for
    other machines and languages: `time_factor` times its seconds.
    """

    cpu_seconds: float = 10.0
    wall_seconds: float = 30.0
    memory_mb: int = 512
    output_bytes: int = 8 << 20
    time_factor: float = TIME_FACTOR

    @property
    def memory_bytes(self) -> int:
        return self.memory_mb << 20

    def within(self, stated: StatedLimits, cases: int = 1, time_factor: float = 0) -> Limits:
        """What a problem states, for a process that goes through so many of its test cases; these
        limits are its ceilings."""
        cpu_seconds, memory_mb = self.cpu_seconds, self.memory_mb
        if stated.seconds is not None:
            allowed = stated.seconds * (time_factor or self.time_factor) * cases
            cpu_seconds = min(cpu_seconds, max(allowed, _LEAST_SECONDS))
        if stated.memory_mb is not None:
            memory_mb = min(memory_mb, max(stated.memory_mb * _MEMORY_FACTOR, _LEAST_MEMORY_MB))
        return replace(self, cpu_seconds=cpu_seconds, memory_mb=memory_mb)

    def __str__(self) -> str:
        factor = "" if self.time_factor == TIME_FACTOR else f" factor={self.time_factor:g}"
        return f"cpu={self.cpu_seconds:g}s memory={self.memory_mb}MB{factor}"
