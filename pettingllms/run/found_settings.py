"""A run's settings as its stats keep them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pettingllms.files.remote import is_url
from pettingllms.problems.hub import PREFIX as HUB_PREFIX
from pettingllms.settings import Settings


def found_from_anywhere(settings: Settings) -> dict[str, Any]:
    """As JSON values, with whole paths, so that a run's input is found from any folder."""
    values = settings.model_dump(mode="json")
    for name in ("problems", "benchmarks"):
        values[name] = [_whole_path(source) for source in values[name]]
    values["rubric"] = values["rubric"] and _whole_path(values["rubric"])
    return values


def _whole_path(source: str) -> str:
    if is_url(source) or source.startswith(HUB_PREFIX):
        return source
    return str(Path(source).expanduser().absolute())
