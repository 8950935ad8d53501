"""What the tests of the engine look up."""

from pettingllms.engine import Engine
from pettingllms.records import Messages


def has(engine: Engine, messages: Messages, sample: int = 0) -> bool:
    """Whether `ask` would send nothing."""
    return engine.cache.get(engine.key(messages, sample)) is not None
