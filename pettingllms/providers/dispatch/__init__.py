"""How requests leave: the retry policy, the limiter, and the dispatcher that joins them.

Knows errors but no provider; says nothing about caching or budgets (see `engine`).
"""

from pettingllms.providers.dispatch.dispatcher import Dispatcher, RetryCounts
from pettingllms.providers.dispatch.limiter import Limiter, RateLimits, Traffic
from pettingllms.providers.dispatch.retry import RetryPolicy

__all__ = ["Dispatcher", "Limiter", "RateLimits", "RetryCounts", "RetryPolicy", "Traffic"]
