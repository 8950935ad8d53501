"""Looking into the paid answers: counting, explaining a miss, dropping, moving, tracing a row.

Reads entries one at a time, while other processes may write. Knows the cache and the attempts,
and says nothing to a terminal.
"""

from pettingllms.cache_tools.archive import Imported, export_answers, import_answers
from pettingllms.cache_tools.asking import AttemptName, request_of_attempt, request_of_problem
from pettingllms.cache_tools.explaining import Difference, Explanation, explain
from pettingllms.cache_tools.lineage import Lineage, attempt_of_row, trace
from pettingllms.cache_tools.opening import opened
from pettingllms.cache_tools.selection import Selection, referenced_keys
from pettingllms.cache_tools.sharing import share
from pettingllms.cache_tools.statistics import CacheStats, Group, Sum, count, price_of

__all__ = [
    "AttemptName",
    "CacheStats",
    "Difference",
    "Explanation",
    "Group",
    "Imported",
    "Lineage",
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
