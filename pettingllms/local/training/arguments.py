"""How TRL is to train on a device: a pure function of the settings and the device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pettingllms.local.training.settings import TrainingSettings

_CHECKPOINTS = 10


@dataclass(frozen=True, slots=True)
class Device:
    """Whether there is a GPU, and whether it computes in bfloat16."""

    has_gpu: bool = False
    has_bf16: bool = False

    @property
    def numbers(self) -> str:
        return "bfloat16" if self.has_bf16 else "float32"


def training_arguments(
    settings: TrainingSettings, rows: int, checkpoints: Path, device: Device
) -> dict[str, Any]:
    """Of SFTConfig; ten checkpoints in a training, two of which are kept."""
    batch = settings.batch_size * settings.accumulation
    steps = max(1, round(settings.epochs * -(-rows // batch)))
    return {
        "output_dir": str(checkpoints),
        "num_train_epochs": settings.epochs,
        "per_device_train_batch_size": settings.batch_size,
        "gradient_accumulation_steps": settings.accumulation,
        "learning_rate": settings.learning_rate,
        "max_length": settings.max_length,
        "bf16": device.has_bf16,
        "use_cpu": not device.has_gpu,
        "logging_steps": 1,
        "save_steps": max(1, steps // _CHECKPOINTS),
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
    }
