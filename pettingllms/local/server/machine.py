"""What a server can have of this machine."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

GIB = 1024.0**3
_MIB = 1024.0**2
_QUERY = "--query-gpu=memory.total,memory.free"
_ALL_GPUS = "all"
_ANSWER_S = 30
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


@dataclass(frozen=True, slots=True)
class Gpu:
    """Memory in bytes; `free` is what no other process holds. A GPU that shares the machine's
    memory has that."""

    total: float
    free: float


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes; `has_bf16` whether the processor computes in bfloat16 by itself."""

    gpus: tuple[Gpu, ...]
    memory: float
    available: float
    has_bf16: bool


def read_machine(visible_gpus: str = _ALL_GPUS) -> Machine:
    """`visible_gpus` is as CUDA_VISIBLE_DEVICES has it, or "all"."""
    memory = _memory()
    return Machine(
        gpus=_read_gpus(visible_gpus, Gpu(memory["MemTotal"], memory["MemAvailable"])),
        memory=memory["MemTotal"],
        available=memory["MemAvailable"],
        has_bf16=bool(_BF16_FLAGS & set(Path("/proc/cpuinfo").read_text().split())),
    )


def _read_gpus(visible: str, shared: Gpu) -> tuple[Gpu, ...]:
    """As nvidia-smi lists them; none where there is no driver."""
    program = shutil.which("nvidia-smi")
    if program is None or not visible:
        return ()
    chosen = () if visible == _ALL_GPUS else ("-i", visible)
    command = (program, _QUERY, "--format=csv,noheader,nounits", *chosen)
    try:
        listed = subprocess.run(  # noqa: S603 - the driver's own tool
            command, capture_output=True, text=True, timeout=_ANSWER_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(_gpu(line, shared) for line in listed.splitlines() if line.strip())


def _gpu(line: str, shared: Gpu) -> Gpu:
    """One that has no memory of its own is listed with words, such as "[N/A], [N/A]"."""
    try:
        total, free = (float(figure) * _MIB for figure in line.split(","))
    except ValueError:
        return shared
    return Gpu(total, free)


def _memory() -> dict[str, float]:
    """The fields of /proc/meminfo, in bytes."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return {name.rstrip(":"): float(figure) * 1024 for name, figure, *_ in lines}
