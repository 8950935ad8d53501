"""Provider batches: requests that are handed in together, cost half, and are answered within a day.

One class for each protocol, behind `BatchAPI`; none of them knows when it is called, or remembers
anything: that is the business of `pettingllms.engine.batch`.
"""

from pettingllms.providers.batches.anthropic_batches import AnthropicBatches
from pettingllms.providers.batches.openai_batches import OpenAIBatches
from pettingllms.providers.batches.protocol import (
    NO_COUNTS,
    BatchAPI,
    BatchLimits,
    BatchRequest,
    Counts,
    Found,
    Intent,
    LineResult,
    RemoteBatch,
    RemoteProgress,
)

__all__ = [
    "NO_COUNTS",
    "AnthropicBatches",
    "BatchAPI",
    "BatchLimits",
    "BatchRequest",
    "Counts",
    "Found",
    "Intent",
    "LineResult",
    "OpenAIBatches",
    "RemoteBatch",
    "RemoteProgress",
]
