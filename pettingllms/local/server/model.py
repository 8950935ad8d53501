"""What is to be served: a model folder, a LoRA adapter on one, or a name on the hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import orjson

from pettingllms.errors import SettingError, reason
from pettingllms.files import json
from pettingllms.providers.wire.json_access import integer, text

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_REMEDY = "Set MODEL_PATH to a folder as Transformers saves it, or to a name such as owner/model."


@dataclass(frozen=True, slots=True)
class Adapter:
    """A trained LoRA adapter; it is served under the name of its folder."""

    folder: Path
    rank: int

    @property
    def name(self) -> str:
        return self.folder.resolve().name


@dataclass(frozen=True, slots=True)
class Model:
    """`path` is a folder or a hub name; `heads` its attention heads, 0 where they are unknown."""

    path: str
    heads: int = 0
    adapter: Adapter | None = None


def find_model(path: str) -> Model:
    """Raises: SettingError where `path` can be neither a model nor an adapter."""
    folder = Path(path).expanduser()
    if (folder / "adapter_config.json").is_file():
        return _adapted(folder)
    if folder.is_dir():
        return _in_folder(folder)
    if folder.is_file():
        raise SettingError(f"MODEL_PATH {path} is a file, and vLLM serves folders.", _REMEDY)
    if path.startswith((".", "/", "~")) or not _HUB_NAME.fullmatch(path):
        raise SettingError(f"MODEL_PATH {path} is not there.", _REMEDY)
    return Model(path)


def _in_folder(folder: Path) -> Model:
    config = folder / "config.json"
    if not config.is_file():
        raise SettingError(f"MODEL_PATH {folder} is no model: it has no config.json.", _REMEDY)
    return Model(str(folder), integer(_read(config), "num_attention_heads"))


def _adapted(folder: Path) -> Model:
    config = _read(folder / "adapter_config.json")
    base = text(config, "base_model_name_or_path")
    if not base:
        raise SettingError(f"The adapter {folder} does not name the model it belongs to.", _REMEDY)
    try:
        model = find_model(base)
    except SettingError as error:
        raise SettingError(
            f"The model of the adapter {folder} cannot be served: {error.message}",
            f"Set base_model_name_or_path in {folder / 'adapter_config.json'} to where it is.",
        ) from error
    return Model(model.path, model.heads, Adapter(folder, integer(config, "r")))


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SettingError(f"{path} cannot be read: {reason(error)}.", _REMEDY) from error
