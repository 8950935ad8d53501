"""The problems and recorded answers that come with the project, for the demo."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def problems_file() -> Path:
    return _data_file("problems.jsonl")


def recorded_answers_file() -> Path:
    return _data_file("recorded_answers.jsonl")


def _data_file(name: str) -> Path:
    """In `data/` of the checkout, or the copy that the wheel carries."""
    carried = _PACKAGE / "_data" / name
    return carried if carried.exists() else _PACKAGE.parent / "data" / name
