"""Problems without tests: a second agent writes some, and answers are held against one another.

Pure: what to ask, what the reply means, and which answers agree. Whoever has a client asks, and
whoever has a sandbox runs the answers.
"""

from __future__ import annotations

from pettingllms.agreement.consensus import (
    DEFAULT_RULE,
    TOO_FEW,
    Agreed,
    AgreementRule,
    NoAgreement,
    Ran,
    find_agreement,
    parse_rule,
)
from pettingllms.agreement.test_writer import (
    MOST_CASES,
    WrittenTests,
    merged,
    question,
    read_tests,
)

__all__ = [
    "DEFAULT_RULE",
    "MOST_CASES",
    "TOO_FEW",
    "Agreed",
    "AgreementRule",
    "NoAgreement",
    "Ran",
    "WrittenTests",
    "find_agreement",
    "merged",
    "parse_rule",
    "question",
    "read_tests",
]
