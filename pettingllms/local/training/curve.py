"""The loss curve, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any

_KEPT = 0.9
"""Of the smoothed value, from one step to the next."""


def draw_loss(losses: Sequence[float], title: str, path: Path) -> None:
    """Every step, and smoothed over about ten."""
    figure: Any = import_module("matplotlib.figure").Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    steps = range(1, len(losses) + 1)
    axes.plot(steps, losses, color="#b0c4de", linewidth=1, label="step")
    axes.plot(steps, smoothed(losses), color="#1f4e8c", linewidth=2, label="smoothed")
    axes.set(title=title, xlabel="step", ylabel="loss on the answers")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def smoothed(values: Sequence[float]) -> list[float]:
    return list(accumulate(values, lambda before, value: _KEPT * before + (1 - _KEPT) * value))
