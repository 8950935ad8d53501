"""How vLLM is to serve a model on a machine: a pure function of both."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from pettingllms.local.server.machine import Machine
from pettingllms.local.server.model import Adapter, Model

_MOST_OF_A_GPU = 0.9
_MOST_OF_MEMORY = 0.5
_LEFT_FREE = 0.05
_LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


def serve_arguments(model: Model, machine: Machine, base_url: str) -> list[str]:
    """What comes after `vllm`. The server is reached from this machine only; the longest context
    is the model's own, or what the memory holds."""
    url = urlsplit(base_url)
    return [
        "serve", model.path,
        "--host", url.hostname or "localhost",
        "--port", str(port_of(base_url)),
        "--max-model-len", "auto",
        "--gpu-memory-utilization", f"{_memory_share(machine):.2f}",
        *(_on_gpus(model, machine) if machine.gpus else _on_processor(machine)),
        *(_with_adapter(model.adapter) if model.adapter else ()),
    ]  # fmt: skip


def port_of(base_url: str) -> int:
    url = urlsplit(base_url)
    return url.port or (443 if url.scheme == "https" else 80)


def _on_gpus(model: Model, machine: Machine) -> list[str]:
    gpus = _gpus_to_use(model.heads, len(machine.gpus))
    return ["--tensor-parallel-size", str(gpus)] if gpus > 1 else []


def _gpus_to_use(heads: int, gpus: int) -> int:
    """As many as a model can be divided over: its attention heads must come out even."""
    return next(n for n in range(gpus, 0, -1) if heads % n == 0)


def _on_processor(machine: Machine) -> list[str]:
    return ["--dtype", "bfloat16" if machine.has_bf16 else "float32"]


def _memory_share(machine: Machine) -> float:
    """Of the fullest GPU, or of the machine: what others hold is not asked for."""
    if machine.gpus:
        free, most = min(gpu.free / gpu.total for gpu in machine.gpus), _MOST_OF_A_GPU
    else:
        free, most = machine.available / machine.memory, _MOST_OF_MEMORY
    return max(_LEFT_FREE, math.floor(min(most, free - _LEFT_FREE) * 100) / 100)


def _with_adapter(adapter: Adapter) -> list[str]:
    rank = next((rank for rank in _LORA_RANKS if rank >= adapter.rank), _LORA_RANKS[-1])
    return [
        "--enable-lora", "--max-lora-rank", str(rank),
        "--lora-modules", f"{adapter.name}={adapter.folder}",
    ]  # fmt: skip
