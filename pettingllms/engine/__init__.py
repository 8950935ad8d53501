"""The request engine: every answer is paid for once, kept before it is used, and counted."""

from pettingllms.engine.budget import Budget, most_usd, price_usd
from pettingllms.engine.engine import Answer, Engine, Miss
from pettingllms.engine.garbage import collect_garbage_seldom
from pettingllms.engine.ledger import FileLedger
from pettingllms.engine.preflight import with_model

__all__ = [
    "Answer",
    "Budget",
    "Engine",
    "FileLedger",
    "Miss",
    "collect_garbage_seldom",
    "most_usd",
    "price_usd",
    "with_model",
]
