"""Judges answers: finds the code in them, runs it in a sandbox, compares what comes out."""

from __future__ import annotations

from pettingllms.judge.answer.extract import extract_code
from pettingllms.judge.judge import Judge
from pettingllms.judge.sandbox.limits import Limits
from pettingllms.judge.sandbox.sandbox import Sandbox, begin_search, find_sandbox, search

__all__ = ["Judge", "Limits", "Sandbox", "begin_search", "extract_code", "find_sandbox", "search"]
