"""Problems that cannot be judged for lack of a library, named before anything is paid."""

from __future__ import annotations

import logging
from collections import Counter

from pettingllms.judge.runners.asserts import libraries_of
from pettingllms.judge.sandbox.libraries import find_libraries, imported_libraries
from pettingllms.records import Problem
from pettingllms.settings import Settings, how_to_set
from pettingllms.wording import counted

log = logging.getLogger(__name__)


class LackingLibraries:
    """Counts the problems whose reference or tests import what the judge does not have."""

    def __init__(self, settings: Settings) -> None:
        libraries = find_libraries(settings.judge_python)
        self._there = libraries.names if libraries else frozenset[str]()
        self._problems: Counter[str] = Counter()

    def add(self, problem: Problem) -> None:
        needed = imported_libraries(problem.reference or "")
        if problem.tests is not None:
            needed |= libraries_of(problem.tests)
        self._problems.update(needed - self._there)

    def say(self) -> None:
        for name, problems in self._problems.most_common():
            log.warning(
                "In reference or tests of %s there is %s, which the judge does not"
                " have: where these need it they are not asked, and answers that need it"
                " cannot be judged. `make judge-libraries` installs it, or name a Python that has"
                " it with %s.",
                counted(problems, "problem"), name, how_to_set("judge_python"),
            )  # fmt: skip
