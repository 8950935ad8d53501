"""The folder of one training: what it holds, and whether it may be gone on with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pettingllms.errors import SettingError
from pettingllms.files.atomic import atomic_write, check_writable


@dataclass(frozen=True, slots=True)
class TrainingFolder:
    """The adapter, its card and its loss curve; checkpoints in a folder of their own."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def plan(self) -> Path:
        return self.path / "training.json"

    @property
    def card(self) -> Path:
        return self.path / "README.md"

    @property
    def loss_curve(self) -> Path:
        return self.path / "loss.png"

    @property
    def is_finished(self) -> bool:
        return self.card.exists() and (self.path / "adapter_config.json").exists()

    @classmethod
    def for_export(cls, parent: Path, export: Path) -> TrainingFolder:
        """`sft_data_<time>.jsonl` gives `sft_model_<time>`."""
        return cls(parent / export.stem.replace("sft_data", "sft_model"))

    def claim(self, settings: Mapping[str, Any], export: Path) -> None:
        """Take the folder for this training, or again for the same one.

        Raises: SettingError where it holds another; OutputError.
        """
        plan = {**settings, "rows": hashlib.sha256(export.read_bytes()).hexdigest()}
        if not self.plan.exists():
            check_writable(self.path)
            atomic_write(self.plan, [orjson.dumps(plan, option=orjson.OPT_INDENT_2)])
            return
        before = orjson.loads(self.plan.read_bytes())
        changed = [name for name in plan if before.get(name) != plan[name]]
        if changed:
            raise SettingError(
                f"{self.path} holds a training with another {', '.join(changed)}.",
                "Remove the folder, or set TRAIN_OUTPUT_DIR to another one.",
            )
