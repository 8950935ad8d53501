"""Answers in other languages than Python: compiled once, run on every test case."""

from __future__ import annotations

from pettingllms.judge.languages.observing import observe_program
from pettingllms.judge.languages.programs import Programs
from pettingllms.judge.languages.toolchains import equipped
from pettingllms.judge.languages.trials import Bench, try_program

__all__ = ["Bench", "Programs", "equipped", "observe_program", "try_program"]
