"""What tests expect, as far as it tells which rules of comparison can mean anything there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from pettingllms.records import FunctionTests, StdioCase, StdioTests

_DECISIONS = frozenset({"yes", "no", "true", "false"})
_WORD = re.compile(r"[^\W\d_]+")
_FRACTION = re.compile(r"\d\.\d|\d[eE]-?\d")


def may_be_reordered(tests: FunctionTests | StdioTests) -> bool:
    """Whether some expected value has parts at all."""
    if isinstance(tests, StdioTests):
        return any(len(case.stdout.split(maxsplit=1)) > 1 for case in tests.cases)
    values = (case.expected for case in tests.cases)
    return any(isinstance(one, list) and len(cast("list[object]", one)) > 1 for one in values)


def are_decisions(tests: FunctionTests | StdioTests) -> bool:
    """Whether each is a yes or a no, of which one alone is right."""
    return all(
        isinstance(one, bool) or (isinstance(one, str) and one.strip().casefold() in _DECISIONS)
        for one in _expected(tests)
    )


def are_words(tests: FunctionTests | StdioTests) -> bool:
    """Whether each is one word, or a line of one for each case, as answers out of a few are."""
    return all(
        isinstance(one, str) and all(map(_WORD.fullmatch, one.split())) for one in _expected(tests)
    )


def have_fractions(tests: FunctionTests | StdioTests) -> bool:
    waiting = list(_expected(tests))
    for one in waiting:
        if isinstance(one, list):
            waiting.extend(cast("list[object]", one))
        elif isinstance(one, float) or (isinstance(one, str) and _FRACTION.search(one)):
            return True
    return False


def _expected(tests: FunctionTests | StdioTests) -> Iterator[object]:
    for case in tests.cases:
        yield case.stdout if isinstance(case, StdioCase) else case.expected
