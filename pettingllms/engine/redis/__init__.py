"""What runs on several machines share through one Redis: answers, leases, pace and budget.

It is where machines meet, and not where answers are kept: each is on the disk of the machine
that paid for it first. The URL may hold a password, so it is read from the environment alone.
"""

from pettingllms.engine.redis.answers import SharedAnswers, share_answers
from pettingllms.engine.redis.batched import KnownBatch, SharedBatches
from pettingllms.engine.redis.connection import REDIS_URL_ENV, Connection, connected, is_shared
from pettingllms.engine.redis.ledger import SharedLedger
from pettingllms.engine.redis.pace import SharedPace
from pettingllms.engine.redis.shared import Sharing

__all__ = [
    "REDIS_URL_ENV",
    "Connection",
    "KnownBatch",
    "SharedAnswers",
    "SharedBatches",
    "SharedLedger",
    "SharedPace",
    "Sharing",
    "connected",
    "is_shared",
    "share_answers",
]
