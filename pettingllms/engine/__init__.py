"""The request engine: every answer is paid for once, kept before it is used, and counted."""

from pettingllms.engine.engine import Answer, Engine
from pettingllms.engine.preflight import with_model

__all__ = ["Answer", "Engine", "with_model"]
