"""Whether this machine and this provider can do a collection: findings, each fine or what to do.

The checks are those that a run makes itself (`checking.check`, `engine.preflight`); here each is
made although another fails. Nothing is printed, and only a call that is asked for costs anything.
"""

from pettingllms.tools.doctor.finding import Finding, Level, fine, problem, warning
from pettingllms.tools.doctor.machine import (
    examine_cache,
    examine_languages,
    examine_libraries,
    examine_output,
    examine_packages,
    examine_python,
    examine_sandbox,
)
from pettingllms.tools.doctor.problem_set import examine_problems
from pettingllms.tools.doctor.provider import examine_keys, examine_provider
from pettingllms.tools.doctor.sharing import examine_sharing

__all__ = [
    "Finding",
    "Level",
    "examine_cache",
    "examine_keys",
    "examine_languages",
    "examine_libraries",
    "examine_output",
    "examine_packages",
    "examine_problems",
    "examine_provider",
    "examine_python",
    "examine_sandbox",
    "examine_sharing",
    "fine",
    "problem",
    "warning",
]
