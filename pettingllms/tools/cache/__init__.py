"""Looking into the paid answers: counting, explaining a miss, dropping, moving, tracing a row.

Reads entries one at a time, while other processes may write. Knows the cache and the attempts,
and says nothing to a terminal.
"""

from pettingllms.tools.cache.archive import Imported, export_answers, import_answers
from pettingllms.tools.cache.asking import AttemptName, request_of_attempt, request_of_problem
from pettingllms.tools.cache.explaining import Explanation, RequestDifference, explain
from pettingllms.tools.cache.opening import opened
from pettingllms.tools.cache.selection import Selection, referenced_keys
from pettingllms.tools.cache.sharing import share
from pettingllms.tools.cache.statistics import CacheStats, HeldAnswers, Sum, count, price_of
from pettingllms.tools.trace import Lineage, attempt_of_row, trace

__all__ = [
    "AttemptName",
    "CacheStats",
    "Explanation",
    "HeldAnswers",
    "Imported",
    "Lineage",
    "RequestDifference",
    "Selection",
    "Sum",
    "attempt_of_row",
    "count",
    "explain",
    "export_answers",
    "import_answers",
    "opened",
    "price_of",
    "referenced_keys",
    "request_of_attempt",
    "request_of_problem",
    "share",
    "trace",
]
