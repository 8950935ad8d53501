"""The request engine: every answer is paid for once, kept before it is used, and counted."""

from pettingllms.engine.engine import Answer, Engine

__all__ = ["Answer", "Engine"]
