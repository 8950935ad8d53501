"""Counts and names as people read them, on the terminal and on a page."""

from __future__ import annotations

_TURNS = ("at the first try", "after one repair")


def words(name: str) -> str:
    return name.replace("_", " ")


def turn_words(turn: int) -> str:
    return _TURNS[turn] if turn < len(_TURNS) else f"after {turn} repairs"


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def share(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "-"
