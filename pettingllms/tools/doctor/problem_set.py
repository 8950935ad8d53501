"""The problems, and what their answers are to be judged and chosen by."""

from __future__ import annotations

from pettingllms.errors import FatalError
from pettingllms.run.check import check_input
from pettingllms.settings import Settings
from pettingllms.tools.doctor.finding import Finding, fine, problem, warning

_NAME = "Problems"


def examine_problems(settings: Settings) -> Finding:
    """Reads all of them, with the rubric, validator and benchmarks that the settings name."""
    try:
        found = check_input(settings)
    except FatalError as error:
        return problem(_NAME, error)
    count, held_back = found.count, found.held_back
    said = str(count)
    if held_back.problems:
        return warning(_NAME, said, str(held_back))
    return fine(_NAME, f"{said}, {count.bad:,} bad records passed over" if count.bad else said)
