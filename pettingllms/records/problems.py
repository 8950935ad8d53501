"""A task to solve, and how many answers to it are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pettingllms.records.messages import Message
from pettingllms.records.tests import Tests


@dataclass(frozen=True, slots=True)
class Solution:
    """Code that came with a problem; `language` is a name of `languages.py`, or None where it is
    the problem's own."""

    code: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One task to solve. `origin` is where it was read: `file:line`, for messages to people.

    `language` is what answers are to be written in, a name of `languages.py`; None where the
    record does not say, and --language does. `solutions` are right ones beside the reference, and
    `wrong` ones are known not to be: both check the tests.
    """

    id: str
    messages: tuple[Message, ...]
    tests: Tests | None = None
    reference: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    origin: str = ""
    language: str | None = None
    solutions: tuple[Solution, ...] = ()
    wrong: tuple[Solution, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Every `of`th problem, from the `number`th on; the parts 1 to `of` are all problems."""

    number: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True)
class Quota:
    """How many answers a problem is asked for: `samples`, or fewer once `accept` are accepted."""

    samples: int
    accept: int | None = None

    def wave(self, asked: int = 0, accepted: int = 0) -> range:
        """The samples to ask next: as many as are still needed, none when there are enough."""
        wanted = self.samples if self.accept is None else asked + self.accept - accepted
        return range(asked, min(self.samples, wanted))
