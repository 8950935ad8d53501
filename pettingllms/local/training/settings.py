"""The settings of a training; each has a flag, and a variable in the script's first lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pettingllms.errors import SettingError


class TrainingSettings(BaseModel):
    """`model` is a folder or a hub name. Lengths are in tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str
    epochs: float = Field(3.0, gt=0, description="times that every row is seen")
    batch_size: int = Field(2, ge=1, description="rows that are computed together")
    accumulation: int = Field(8, ge=1, description="batches to one step of the optimizer")
    learning_rate: float = Field(5e-5, gt=0, lt=1, description="at the first step; falls to 0")
    lora_rank: int = Field(64, ge=1, description="of the adapter's matrices")
    lora_alpha: int = Field(16, ge=1, description="the adapter counts alpha / rank")
    max_length: int = Field(4096, ge=16, description="tokens; longer rows are left out, not cut")


def check_settings(given: Mapping[str, Any]) -> TrainingSettings:
    """Raises: SettingError naming the setting and where it comes from."""
    try:
        return TrainingSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise SettingError(
            f"{name} = {first['input']!r}: {first['msg']}.",
            f"Set {variable_of(name)} (--{name.replace('_', '-')}) to another value.",
        ) from error


def variable_of(name: str) -> str:
    """As the script has it."""
    return "MODEL_PATH" if name == "model" else f"TRAIN_{name.upper()}"
