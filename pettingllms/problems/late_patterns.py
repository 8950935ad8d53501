"""Regular expressions that are compiled when they are first looked for.

Those that know the wordings of many sets are long: to compile them takes a tenth of the time of a
command that reads no problem, or of a run that finds its problems known.
"""

from __future__ import annotations

import re
from typing import Any, cast


def late(expression: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`. What is wrong with the expression is found out at the first use."""
    return cast("re.Pattern[str]", _LatePattern(expression, flags))


class _LatePattern:
    def __init__(self, expression: str, flags: int) -> None:
        self._expression = expression
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """What the pattern has under that name, which is this object's own from now on."""
        found = getattr(re.compile(self._expression, self._flags), name)
        setattr(self, name, found)
        return found
