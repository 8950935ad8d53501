"""What one answer may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The share of each process an answer runs in: all its calls, or one run of a program.

    CPU time decides; wall time (seconds, sleep included) leaves room for a busy machine.
    `memory_mb` is resident memory in MiB, beside what a warm interpreter has; addresses that are
    only reserved, as the stacks of threads are, count for nothing. `output_bytes` bounds what a
    program prints, and the encoded form of what a function returns.
    """

    cpu_seconds: float = 10.0
    wall_seconds: float = 30.0
    memory_mb: int = 512
    output_bytes: int = 8 << 20

    @property
    def memory_bytes(self) -> int:
        return self.memory_mb << 20

    def __str__(self) -> str:
        return f"cpu={self.cpu_seconds:g}s memory={self.memory_mb}MB"
