"""Keys, tokens, e-mail addresses and private host names in what is about to be sent.

Pure, and quick: a pattern is tried only where its mark stands in the text. A finding says what
was found and where, never the secret itself. To look for something else, add a `Pattern`.
"""

from pettingllms.problems.privacy.problems import HeldBack, HeldBackTally, why_held_back
from pettingllms.problems.privacy.scan import PrivateSpan, scan

__all__ = ["HeldBack", "HeldBackTally", "PrivateSpan", "scan", "why_held_back"]
