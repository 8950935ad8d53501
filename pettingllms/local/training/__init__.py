"""From collected rows to a LoRA adapter: `python -m pettingllms.local.training [FILE]`.

TRL trains; what is here chooses the rows, says what is wrong before torch is loaded, and writes the
adapter with its loss curve and its card.
"""

from pettingllms.local.training.rows import Conversation, newest_export, read_conversations
from pettingllms.local.training.settings import TrainingSettings, check_settings

__all__ = [
    "Conversation",
    "TrainingSettings",
    "check_settings",
    "newest_export",
    "read_conversations",
]
