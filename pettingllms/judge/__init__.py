"""Judges answers: finds the code in them, runs it in a sandbox, compares what comes out."""

from __future__ import annotations

from pettingllms.judge.extract import extract_code
from pettingllms.judge.limits import Limits
from pettingllms.judge.pool import Judge
from pettingllms.judge.sandbox import Sandbox, find_sandbox

__all__ = ["Judge", "Limits", "Sandbox", "extract_code", "find_sandbox"]
