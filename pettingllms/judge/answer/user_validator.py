"""A validator of the user's own, named as `package.module:function`.

    def no_prints(problem: Problem, answer: Completion, code: str | None) -> str | None:
        return "prints" if code and "print(" in code else None

It sees answers that passed everything else, and returns why one is not to be kept, in a few
words that the stats count it under, or None. It runs beside the event loop, one call at a time
in each thread, and may take its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from pettingllms.errors import SettingError, quoted
from pettingllms.judge.answer.validators import Candidate
from pettingllms.records import Completion, Outcome, Problem, Verdict

UserFunction = Callable[[Problem, Completion, str | None], str | None]
_LONGEST_REASON = 60


@dataclass(frozen=True, slots=True)
class UserValidator:
    path: str
    function: UserFunction

    async def __call__(self, candidate: Candidate) -> Verdict | None:
        """Raises: SettingError where the function itself fails, or returns something else."""
        parts = candidate.problem, candidate.completion, candidate.code
        try:
            reason = cast("Any", await asyncio.to_thread(self.function, *parts))
        except Exception as error:  # whatever a user's function raises is told as his
            raise self._broken(candidate, f"raised {type(error).__name__}: {error}") from error
        if reason is None:
            return None
        if not isinstance(reason, str) or not reason.strip():
            raise self._broken(candidate, f"returned {reason!r}")
        counted = " ".join(reason.split())[:_LONGEST_REASON]
        return Verdict(Outcome.REJECTED, reason=counted, judged_by=self.path)

    def _broken(self, candidate: Candidate, what: str) -> SettingError:
        return SettingError(
            f"The validator {self.path} {what}, on an answer to {quoted(candidate.problem.id)}.",
            "It takes (problem, answer, code) and returns a reason or None. Every answer that"
            " arrived is kept: correct it and run again.",
        )


def load_user_validator(path: str) -> UserValidator:
    """Raises: SettingError where there is no such function."""
    module_name, _, name = path.partition(":")
    try:
        function = getattr(import_module(module_name), name)
    except (Exception, SystemExit) as error:  # a user's module may raise anything
        raise SettingError(
            f"The validator {path!r} cannot be imported: {error}.",
            "Name it as package.module:function (--validator), importable from here.",
        ) from error
    if not callable(function):
        raise SettingError(
            f"The validator {path!r} is no function.", "Name one of (problem, answer, code)."
        )
    return UserValidator(path, cast("UserFunction", function))
