"""The problems and recorded answers that come with the project, for the demo."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def data_folder() -> Path:
    """`data/` of the checkout, or the copy that the wheel carries."""
    checkout = _HERE.parent / "data"
    return checkout if checkout.is_dir() else _HERE / "_data"


def problems_file() -> Path:
    return data_folder() / "problems.jsonl"


def recorded_answers_file() -> Path:
    return data_folder() / "recorded_answers.jsonl"
