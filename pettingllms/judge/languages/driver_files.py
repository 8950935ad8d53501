"""Drivers, harnesses and what else is compiled beside an answer, as they lie in `drivers/`."""

from __future__ import annotations

from pathlib import Path

_DRIVERS = Path(__file__).parent / "drivers"


def driver_file(name: str) -> str:
    return (_DRIVERS / name).read_text(encoding="utf-8")
