"""Problems whose words say that several answers are right, where nothing tells which: named before
anything is paid."""

from __future__ import annotations

import logging

from pettingllms.records import FunctionTests, Problem, StdioTests
from pettingllms.wording import counted

log = logging.getLogger(__name__)


class SeveralRight:
    """Counts them, and remembers where the first stands."""

    def __init__(self) -> None:
        self._count = 0
        self._first = ""

    def add(self, problem: Problem) -> None:
        tests = problem.tests
        if not isinstance(tests, FunctionTests | StdioTests) or tests.checker is not None:
            return
        if tests.comparison.several_right:
            self._count += 1
            self._first = self._first or problem.origin

    def say(self) -> None:
        if self._count:
            log.warning(
                "Several answers are right to %s, by what is asked, and no rule tells which (the"
                " first: %s): what is not the expected answer will be `unsure`, and not exported."
                " A `checker` or a `comparison` in the record decides.",
                *(counted(self._count, "problem"), self._first),
            )
