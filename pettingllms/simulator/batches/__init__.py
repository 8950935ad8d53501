"""Batch endpoints, as OpenAI and Anthropic have them: requests handed in together, at half the
price, answered when they are looked for often enough."""

from pettingllms.simulator.batches.faults import BATCH_FAULTS, BatchFault
from pettingllms.simulator.batches.routes import BatchRoutes

__all__ = ["BATCH_FAULTS", "BatchFault", "BatchRoutes"]
