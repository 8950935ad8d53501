"""Which of a run's log records a terminal shows: the others are Prefect's bookkeeping."""

STORY = {"story": True}
"""Marks the log records that tell the run's story, for whoever shows only those."""
HEARTBEAT = {**STORY, "heartbeat": True}
"""Marks those that say how far it is, which a display shows better."""
