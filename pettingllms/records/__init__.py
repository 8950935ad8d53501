"""The nouns of a collection run, frozen: what one stage hands to the next.

A row travels Problem -> ChatRequest -> Completion -> Verdict -> Attempt; the SFT row and the
stats are computed from attempts alone. Nothing here does I/O or knows a provider.
"""

from pettingllms.records.attempts import (
    BROKEN_PROBLEM,
    IN_BATCH,
    LACKING_LIBRARY,
    NEVER_SENT,
    NOT_CACHED,
    PRIVATE,
    STOPPED,
    Agent,
    Agreement,
    Attempt,
    RequestFailure,
    Review,
    Written,
)
from pettingllms.records.completions import (
    Completion,
    FinishReason,
)
from pettingllms.records.expenses import (
    NOT_BILLED,
    Expenses,
    PerhapsBilled,
    Usage,
)
from pettingllms.records.messages import (
    ChatRequest,
    Message,
    Messages,
    Role,
)
from pettingllms.records.problems import (
    Part,
    Problem,
    Quota,
    Solution,
)
from pettingllms.records.tests import (
    DEFAULT_TOLERANCE,
    NO_LIMITS,
    AssertTests,
    Comparison,
    FunctionCase,
    FunctionTests,
    ProgramTests,
    StatedLimits,
    StdioCase,
    StdioTests,
    Tests,
)
from pettingllms.records.verdicts import (
    Failure,
    Outcome,
    Verdict,
)

__all__ = [
    "BROKEN_PROBLEM",
    "DEFAULT_TOLERANCE",
    "IN_BATCH",
    "LACKING_LIBRARY",
    "NEVER_SENT",
    "NOT_BILLED",
    "NOT_CACHED",
    "NO_LIMITS",
    "PRIVATE",
    "STOPPED",
    "Agent",
    "Agreement",
    "AssertTests",
    "Attempt",
    "ChatRequest",
    "Comparison",
    "Completion",
    "Expenses",
    "Failure",
    "FinishReason",
    "FunctionCase",
    "FunctionTests",
    "Message",
    "Messages",
    "Outcome",
    "Part",
    "PerhapsBilled",
    "Problem",
    "ProgramTests",
    "Quota",
    "RequestFailure",
    "Review",
    "Role",
    "Solution",
    "StatedLimits",
    "StdioCase",
    "StdioTests",
    "Tests",
    "Usage",
    "Verdict",
    "Written",
]
